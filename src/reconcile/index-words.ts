import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'
import type { VersionsUpdate } from '../rubygems/compact-index.js'
import type { UpstreamResult } from '../rubygems/result.js'
import { ledgerReleases } from './ledger-releases.js'
import { eachMention, type Mention } from './mentions.js'
import { wantsOf } from './wants.js'

/** The file's last word on a release. What it does not list is not live. */
export interface Word extends Mention {
  isListed: boolean
}

/** What the end of the file says of each release that it mentions. */
export async function newWords(
  { copy, newFrom }: VersionsUpdate,
  wanted: Wanted,
): Promise<UpstreamResult<Word[]>> {
  const last = new Map<string, Word>()
  const read = await eachMention(copy.bytes, newFrom, wantsOf(wanted), (mention) => {
    last.set(`${mention.gemName} ${mention.number} ${mention.platform}`, { ...mention, isListed: true })
  })
  return read.ok ? { ok: true, value: [...last.values()] } : read
}

// A few ms at a time: the server goes on meanwhile.
const gemsAtOnce = 1_000

/**
 * What the whole file says of the ledger's releases, where it says something else. What the ledger does not know is history;
 * what the file does not list may have been yanked before it was last rebuilt.
 */
export async function differences(
  { copy }: VersionsUpdate,
  catalog: Ledger['catalog'],
  wanted: Wanted,
): Promise<UpstreamResult<Word[]>> {
  const known = new Map<string, Map<string, { word: Word; isLive: boolean }>>()
  for await (const { gemName, number, platform, yanked } of ledgerReleases(catalog, wanted)) {
    const ofGem = known.get(gemName) ?? new Map()
    known.set(gemName, ofGem)
    const word = { gemName, number, platform, live: false, isListed: false }
    ofGem.set(`${number} ${platform}`, { word, isLive: !yanked })
  }
  const isKnown = (gemName: string) => known.has(gemName)
  const read = await eachMention(copy.bytes, 0, isKnown, (mention) => {
    const found = known.get(mention.gemName)?.get(`${mention.number} ${mention.platform}`)
    if (found !== undefined) found.word = { ...mention, isListed: true }
  })
  if (!read.ok) return read
  const different: Word[] = []
  let gems = 0
  for (const ofGem of known.values()) {
    for (const { word, isLive } of ofGem.values()) if (word.live !== isLive) different.push(word)
    gems += 1
    if (gems % gemsAtOnce === 0) await nextTurn()
  }
  return { ok: true, value: different }
}
