import { isGemName } from '../payload.js'
import { isVersion } from '../version.js'
import { failure, type UpstreamFailure } from './result.js'

/** Whether a text can be the name of a platform. */
export function isPlatform(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,255}$/.test(text)
}

/** `NUMBER[-PLATFORM]` as the compact index writes it; null when it is not of that form. New numbers have no hyphen. */
export function readNumberAndPlatform(text: string): { number: string; platform: string } | null {
  const hyphen = text.indexOf('-')
  const number = hyphen === -1 ? text : text.slice(0, hyphen)
  const platform = hyphen === -1 ? 'ruby' : text.slice(hyphen + 1)
  return number.length <= 255 && isVersion(number) && isPlatform(platform) ? { number, platform } : null
}

/** The full name of a release: `rails-8.1.3`, `nokogiri-1.18.9-java`. */
export function fullNameOf({
  gemName,
  number,
  platform,
}: {
  gemName: string
  number: string
  platform: string
}): string {
  return platform === 'ruby' ? `${gemName}-${number}` : `${gemName}-${number}-${platform}`
}

/** A time as the upstream writes it, in ms since the epoch; null when it is none. */
export function createdAtOf(text: string | null | undefined): number | null {
  const time = text && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? null : time
}

type Kind = 'gem' | 'number' | 'platform' | 'user' | 'full name'

/** The refusal of a text that nothing of its kind is called, and that is not asked about; null when it may be one. */
export function refuseName(kind: Kind, text: string): UpstreamFailure | null {
  return rules[kind](text)
    ? null
    : failure('invalid', `${JSON.stringify(text.slice(0, 100))} is not ${articles[kind]}.`)
}

const rules: Record<Kind, (text: string) => boolean> = {
  gem: isGemName,
  number: (text) => text.length <= 255 && isVersion(text),
  platform: isPlatform,
  user: (text) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/.test(text),
  'full name': (text) => /^[A-Za-z0-9._-]{1,767}$/.test(text) && /[A-Za-z]/.test(text),
}

const articles: Record<Kind, string> = {
  gem: 'the name of a gem',
  number: 'a version number',
  platform: 'the name of a platform',
  user: 'a handle or an id of a user',
  'full name': 'a full name of a release, such as rails-8.1.3',
}
