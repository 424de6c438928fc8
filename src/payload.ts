import { fail, ok, type Result } from './error.js'
import { isVersion } from './version.js'

/** A webhook's body: name and version are certain, the rest is free text by strangers and may be missing or odd. */
export interface Payload {
  name: string
  version: string
  /** `ruby` when the body has none. */
  platform: string
  yanked: boolean
  /** The body as parsed. */
  facts: Record<string, unknown>
}

/** RubyGems' keys in RubyGems' order (protocol/rubygems-webhooks.md §9). */
export const payloadKeys = [
  'name',
  'downloads',
  'version',
  'version_created_at',
  'version_downloads',
  'platform',
  'authors',
  'info',
  'licenses',
  'metadata',
  'yanked',
  'sha',
  'spec_sha',
  'project_uri',
  'gem_uri',
  'homepage_uri',
  'wiki_uri',
  'documentation_uri',
  'mailing_list_uri',
  'source_code_uri',
  'bug_tracker_uri',
  'changelog_uri',
  'funding_uri',
  'dependencies',
] as const

const gemNamePattern = /^[A-Za-z0-9._-]{1,255}$/
const platformPattern = /^[A-Za-z0-9._-]{1,255}$/
const longestNumber = 255
const deepestNesting = 32

/** Whether a text can be a gem's name on RubyGems.org, older gems included: they break the newer rules. */
export function isGemName(text: string): boolean {
  return gemNamePattern.test(text) && /[A-Za-z]/.test(text)
}

/** Reads a webhook's body. Fails with `invalid` and a sentence that names the key at fault. */
export function parsePayload(bytes: Buffer): Result<Payload> {
  const parsed = parseObject(bytes)
  if (!parsed.ok) return parsed
  const facts = parsed.value
  const { name, version, platform, yanked } = facts
  if (typeof name !== 'string') return fail('invalid', 'The body has no "name", or it is not a string.')
  if (!isGemName(name)) return fail('invalid', 'The body\'s "name" cannot be the name of a gem.')
  if (typeof version !== 'string') return fail('invalid', 'The body has no "version", or it is not a string.')
  if (version.length > longestNumber || !isVersion(version))
    return fail('invalid', 'The body\'s "version" is not a version number of a gem.')
  const platformOrDefault = platform === undefined || platform === null || platform === '' ? 'ruby' : platform
  if (typeof platformOrDefault !== 'string' || !platformPattern.test(platformOrDefault))
    return fail('invalid', 'The body\'s "platform" is not the name of a platform.')
  if (yanked !== undefined && yanked !== null && typeof yanked !== 'boolean')
    return fail('invalid', 'The body\'s "yanked" is neither true nor false.')
  return ok({ name, version, platform: platformOrDefault, yanked: yanked === true, facts })
}

const firstGems = Date.UTC(2003, 0, 1)
const clockSkewMs = 60_000
const dateTime = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/

/**
 * When a release was created, ms since the epoch: what its payload says, unless that is no date-time, lies before there were
 * gems or more than a minute after it was received; then when it was received.
 */
export function creationTime({ facts }: Payload, receivedAt: number): number {
  const claim = facts.version_created_at
  const claimed = typeof claim === 'string' && dateTime.test(claim) ? Date.parse(claim) : Number.NaN
  return claimed >= firstGems && claimed <= receivedAt + clockSkewMs ? claimed : receivedAt
}

/** Reads a body that was accepted before. No rule is applied again: it may have become stricter since. */
export function readAccepted(bytes: Buffer): Payload {
  const facts = JSON.parse(utf8.decode(bytes)) as Record<string, unknown>
  const { name, version, platform, yanked } = facts
  return {
    name: String(name),
    version: String(version),
    platform: String(platform || 'ruby'),
    yanked: yanked === true,
    facts,
  }
}

/**
 * The JSON text that gemherald sends on: the 24 keys in RubyGems' order, missing ones null, `<`, `>` and `&` escaped as
 * Rails does. Of what RubyGems.org sends it makes the same bytes again.
 */
export function wireBody(payload: Payload): string {
  const own = { ...payload.facts, platform: payload.platform, yanked: payload.yanked } as Record<
    string,
    unknown
  >
  const ordered = payloadKeys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(own[key] ?? null)}`)
  return `{${ordered.join(',')}}`.replace(/[<>&\u2028\u2029]/g, escapeAsRails)
}

function parseObject(bytes: Buffer): Result<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch {
    return fail('invalid', 'The body is not JSON in UTF-8.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail('invalid', 'The body is JSON, but not an object.')
  if (isDeeperThan(value, deepestNesting))
    return fail('invalid', `The body is nested deeper than ${deepestNesting} levels.`)
  return ok(value as Record<string, unknown>)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const inner of Object.values(value)) if (isDeeperThan(inner, levels - 1)) return true
  return false
}

function escapeAsRails(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
