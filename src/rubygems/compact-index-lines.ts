import { isGemName } from '../payload.js'
import { createdAtOf, readNumberAndPlatform } from './names.js'

/** A release of the gem that a line is about. */
export interface ReleaseOfGem {
  number: string
  platform: string
}

/** A line of `/versions`: something happened to a gem. */
export interface VersionsLine {
  gemName: string
  pushed: ReleaseOfGem[]
  /** Also pushed earlier in the file; a release pushed again after that was restored. */
  yanked: ReleaseOfGem[]
  /** MD5 hex of the gem's `/info` at that time. */
  infoChecksum: string
}

/** A line of `/info/NAME`: a release that is not yanked. */
export interface InfoLine extends ReleaseOfGem {
  /** SHA-256 hex of the .gem file. */
  sha: string | null
  /** ms since the epoch; null before format 2. */
  createdAt: number | null
  /** Requirement on Ruby, such as `>= 3.1`; several are joined with `&`. */
  ruby: string | null
  rubygems: string | null
  dependencies: { name: string; requirements: string[] }[]
}

/**
 * The lines of `/versions` from an offset at which a line begins; from 0 the head is passed over. What is not such a
 * line, or not a release, is left out (protocol/rubygems-api.md §6).
 */
export function* versionsLines(bytes: Buffer, from = 0): Generator<VersionsLine, void, undefined> {
  for (const line of body(bytes, from)) {
    const [gemName = '', list = '', infoChecksum = '', ...more] = line.split(' ')
    if (!isGemName(gemName) || !/^[0-9a-f]{32}$/.test(infoChecksum) || more.length > 0) continue
    const entries = list.split(',')
    const yanked = entries.filter((entry) => entry.startsWith('-')).map((entry) => entry.slice(1))
    const pushed = entries.filter((entry) => !entry.startsWith('-'))
    yield { gemName, pushed: read(pushed), yanked: read(yanked), infoChecksum }
  }
}

/** The lines of `/info/NAME`; what is not such a line is left out. */
export function* infoLines(bytes: Buffer): Generator<InfoLine, void, undefined> {
  for (const line of body(bytes, 0)) {
    const [, full = '', dependencies = '', requirements = ''] = /^(\S+) ([^|]*)\|(.*)$/.exec(line) ?? []
    const release = readNumberAndPlatform(full)
    if (release === null) continue
    const own = new Map(requirements.split(',').map(splitAtColon))
    yield {
      ...release,
      sha: own.get('checksum') ?? null,
      createdAt: createdAtOf(own.get('created_at')),
      ruby: own.get('ruby') ?? null,
      rubygems: own.get('rubygems') ?? null,
      dependencies: dependencies === '' ? [] : dependencies.split(',').map(dependency),
    }
  }
}

/** One by one: the file is large, and its end is short. */
function* body(bytes: Buffer, from: number): Generator<string, void, undefined> {
  let inHead = from === 0
  let start = from
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline === -1 ? bytes.length : newline
    const line = bytes.toString('utf8', start, end)
    start = end + 1
    if (!inHead && line !== '') yield line
    if (line === '---') inHead = false
  }
}

function read(entries: string[]): ReleaseOfGem[] {
  return entries.map(readNumberAndPlatform).filter((release) => release !== null)
}

function splitAtColon(text: string): [string, string] {
  const colon = text.indexOf(':')
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

function dependency(text: string): { name: string; requirements: string[] } {
  const [name, requirements] = splitAtColon(text)
  return { name, requirements: requirements.split('&') }
}
