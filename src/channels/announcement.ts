import type { Message } from '../delivery.js'
import type { EventKind } from '../event.js'
import { label, plain } from '../plain-text.js'
import { type Jump, jump } from '../version.js'
import { compareLink, webLink } from './links.js'

/** A link under a message. */
export interface Link {
  label: 'Changelog' | 'Compare' | 'Gem page'
  url: string
}

/** What a person is told about an event. All of it is plain text without control characters, not yet escaped. */
export interface Announcement {
  /** The gem's name, as `label` writes it. */
  gem: string
  kind: EventKind
  /** `rails 8.1.3 released (patch)`: letters, digits and little else. At most 150 UTF-16 units. */
  title: string
  /** One sentence about where the release stands among the others. */
  summary: string
  /** Says that this is only a test; null when it is not. */
  notice: string | null
  links: Link[]
  /** What the gem is for, at most 1000 UTF-16 units, maybe empty. */
  info: string
  /** Authors, licences and platform, each ready to be shown. */
  facts: string[]
}

/** Longer version numbers are cut in titles, and stand in full among the facts. */
const longestNumber = 40

const jumpNames: Record<Jump, string> = {
  // The ledger may be younger than the gem: it can only say what it has seen.
  first: 'first release seen',
  prerelease: 'prerelease',
  major: 'major',
  minor: 'minor',
  patch: 'patch',
}

const notices: Record<Message['origin'], string | null> = {
  event: null,
  fire: 'Test: somebody fired this hook by hand. Nothing has happened to this release just now.',
  sample: 'Sample: this release does not exist. Somebody fired this hook by hand to try it out.',
}

/** Turns a message into what a person is told. Throws when the body is not a JSON object, which nobody may send. */
export function announce(message: Message): Announcement {
  const payload = JSON.parse(message.body) as Record<string, unknown>
  const number = label(payload.version, longestNumber)
  const previous = message.previous === null ? null : label(message.previous, longestNumber)
  const step = jump(number, previous)
  const notice = notices[message.origin]
  return {
    gem: label(payload.name, 255),
    kind: message.kind,
    title: `${notice ? 'Test: ' : ''}${releaseName(payload)} ${happening(message, step)}`,
    summary: summarize(message, step, previous, number),
    notice,
    links: findLinks(payload, message, previous, number),
    info: plain(payload.info, 1000),
    facts: findFacts(payload),
  }
}

function releaseName(payload: Record<string, unknown>): string {
  const name = `${label(payload.name, 50)} ${label(payload.version, longestNumber)}`
  return isRuby(payload.platform) ? name : `${name} (${label(payload.platform, 20)})`
}

function isRuby(platform: unknown): boolean {
  return platform === 'ruby' || plain(platform, 24) === ''
}

function happening({ kind, origin, previous }: Message, step: Jump): string {
  if (kind !== 'pushed') return kind
  // A test fire is seen by nobody, so it is no first one.
  return origin !== 'event' && previous === null ? 'released' : `released (${jumpNames[step]})`
}

function summarize({ kind, origin }: Message, step: Jump, previous: string | null, number: string): string {
  if (kind === 'yanked') {
    const advice = previous === null ? '' : ` The highest earlier release is ${previous}.`
    return `Yanked: it can no longer be installed.${advice}`
  }
  const place = describeStep(origin, step, previous, number)
  return kind === 'restored' ? `No longer yanked: it can be installed again. ${place}` : place
}

function describeStep(
  origin: Message['origin'],
  step: Jump,
  previous: string | null,
  number: string,
): string {
  if (previous === null) return `${origin === 'event' ? 'First release seen here' : 'Release'}: ${number}`
  return `${step === 'prerelease' ? 'Prerelease' : `${capitalize(step)} release`}: ${previous} → ${number}`
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function findLinks(
  payload: Record<string, unknown>,
  { kind, gemPage }: Message,
  previous: string | null,
  number: string,
): Link[] {
  // Nobody can fetch a yanked release, so there is nothing to compare.
  const compare =
    kind === 'yanked' || previous === null
      ? null
      : compareLink(label(payload.name, 255), previous, number, payload.source_code_uri)
  const found = [
    { label: 'Changelog' as const, url: webLink(payload.changelog_uri) },
    { label: 'Compare' as const, url: compare },
    { label: 'Gem page' as const, url: webLink(gemPage) },
  ]
  return found.filter((link): link is Link => link.url !== null)
}

function findFacts(payload: Record<string, unknown>): string[] {
  const authors = plain(payload.authors, 200)
  const licences = plain([payload.licenses].flat().filter(isText).join(', '), 100)
  const version = typeof payload.version === 'string' ? payload.version : ''
  return [
    ...(version.length > longestNumber ? [`Version: ${label(version, 255)}`] : []),
    ...(authors ? [`By ${authors}`] : []),
    ...(licences ? [`Licence: ${licences}`] : []),
    ...(isRuby(payload.platform) ? [] : [`Platform: ${label(payload.platform, 100)}`]),
  ]
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
