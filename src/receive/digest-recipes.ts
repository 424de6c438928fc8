import { createHash, createHmac } from 'node:crypto'
import { label as visible } from '../plain-text.js'

/** A way to make a digest of a gem's name, a number and a secret. */
export interface Recipe {
  code: 'right' | 'other_version' | 'other_text' | 'hmac'
  /** Hex, lower case. */
  digest(secret: string): string
  /** What is special about it, as the end of a sentence that begins with `It was made`. Empty for the right one. */
  made: string
  advice: string
}

/** What the digest is about. */
export interface Subject {
  name: string
  number: string
  /** Other numbers of the gem. */
  otherNumbers: readonly string[]
}

/** The right recipe: SHA-256(name + number + secret), protocol/rubygems-webhooks.md §10. */
export function rightRecipe({ name, number }: Subject): Recipe {
  return { code: 'right', digest: (secret) => sha256(name + number + secret), made: '', advice: '' }
}

/** The recipes that people and scripts mistake for it. */
export function wrongRecipes(subject: Subject): Recipe[] {
  return [
    ...platformNumbers(subject),
    ...otherSpellings(subject),
    ...otherOrders(subject),
    hmac(subject),
    // Last, since the bare number behind `1.0-java` or `v1.0` may be known too.
    ...otherVersions(subject),
  ]
}

/** SHA-256 of a text, hex, lower case. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function otherVersions({ name, otherNumbers }: Subject): Recipe[] {
  return [...new Set(otherNumbers)].map((other) => ({
    code: 'other_version',
    digest: (secret) => sha256(name + other + secret),
    made: `for another version of this gem, ${visible(other, 100)}`,
    advice:
      'An Authorization is good for one version only: take name, version and header from one and the same webhook.',
  }))
}

const platforms = [
  'ruby',
  'java',
  'jruby',
  'x86_64-linux',
  'x86_64-linux-gnu',
  'x86_64-linux-musl',
  'aarch64-linux',
  'aarch64-linux-gnu',
  'aarch64-linux-musl',
  'arm-linux',
  'arm-linux-gnu',
  'arm-linux-musl',
  'arm64-darwin',
  'x86_64-darwin',
  'universal-darwin',
  'x86-linux',
  'x86-linux-gnu',
  'x86-linux-musl',
  'x64-mingw-ucrt',
  'aarch64-mingw-ucrt',
  'x64-mingw32',
  'x86-mingw32',
  'x86_64-freebsd',
]

function platformNumbers({ name, number }: Subject): Recipe[] {
  const appended = platforms.map((platform) =>
    text(
      (secret) => `${name}${number}-${platform}${secret}`,
      `with the platform appended to the version, -${platform}`,
      'RubyGems.org never does that: the version is hashed without its platform.',
    ),
  )
  if (!number.includes('-')) return appended
  const bare = number.slice(0, number.indexOf('-'))
  const cut = text(
    (secret) => name + bare + secret,
    'for the version without what follows its first hyphen',
    'Give the version without its platform.',
  )
  return [cut, ...appended]
}

function otherSpellings({ name, number }: Subject): Recipe[] {
  const names = [name.toLowerCase(), name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)]
  const joined = [name.replaceAll('-', '_'), name.replaceAll('_', '-')]
  return [
    text((secret) => `${name}v${number}${secret}`, 'with a v in front of the version', asInPayload),
    text(
      (secret) => name + number.replace(/^v/i, '') + secret,
      'for the version without the v in front',
      'Give the version without the v.',
    ),
    ...names.map((other) =>
      text((secret) => other + number + secret, 'for the name in another case', asInPayload),
    ),
    ...joined.map((other) =>
      text(
        (secret) => other + number + secret,
        'for the name with hyphens and underscores exchanged',
        asInPayload,
      ),
    ),
  ]
}

const asInPayload = 'Name and version are hashed exactly as the webhook’s body has them.'

const separators: [separator: string, called: string][] = [
  ['-', 'a hyphen'],
  [' ', 'a blank'],
  [':', 'a colon'],
  ['/', 'a slash'],
  ['.', 'a dot'],
  [',', 'a comma'],
  ['\n', 'a line break'],
]

function otherOrders({ name, number }: Subject): Recipe[] {
  return [
    text((secret) => number + name + secret, 'with name and version swapped', inOrder),
    text((secret) => secret + name + number, 'with the secret in front', inOrder),
    ...separators.flatMap(([separator, called]) => [
      text(
        (secret) => `${name}${separator}${number}${secret}`,
        `with ${called} between name and version`,
        inOrder,
      ),
      text(
        (secret) => [name, number, secret].join(separator),
        `with ${called} between name, version and secret`,
        inOrder,
      ),
    ]),
    text(
      (secret) => `${name}${number}${secret}\n`,
      'with a line break at the end of what was hashed',
      echoed,
    ),
  ]
}

const inOrder = 'Hash name, version and secret in this order, with nothing between them.'
const echoed = 'A shell’s echo adds the line break: use printf %s, or echo -n.'

function hmac({ name, number }: Subject): Recipe {
  return {
    code: 'hmac',
    digest: (secret) =>
      createHmac('sha256', secret)
        .update(name + number)
        .digest('hex'),
    made: 'as an HMAC-SHA256 with the secret as its key',
    advice: 'RubyGems.org sends a plain SHA-256 of name, version and secret, joined: use that.',
  }
}

function text(hashed: (secret: string) => string, made: string, advice: string): Recipe {
  return { code: 'other_text', digest: (secret) => sha256(hashed(secret)), made, advice }
}
