import fc from 'fast-check'
import type { Message } from '../../src/delivery.js'
import { parsePayload, wireBody } from '../../src/payload.js'
import { aMessage } from './jobs.js'

/** A release that strangers described with ill intent, in a body that the receiver takes. */
export interface HostileRelease {
  /** The body, parsed: what the strangers wrote. */
  facts: Record<string, unknown>
  message: Message
}

/** What strangers try: every string of a payload is made of these, alone, joined, or repeated up to 64,000 characters. */
export const fragments: readonly string[] = [
  // Slack, and what takes Slack's messages
  ...['<!channel>', '<!here|here>', '<!everyone>', '<!subteam^S123>', '<@U123>', '<@U123|ada>', '<#C123>'],
  ...['@channel', '@here', '#general', ':tada:', '*bold*', '_it_', '~no~', '`code`', '```', '> quote'],
  ...[
    '<https://evil.example|https://rubygems.org>',
    '[gem](https://evil.example/)',
    '![](http://evil.example/i)',
  ],
  ...[
    '<!date^1^{date}^https://evil.example|x>',
    '&lt;!channel&gt;',
    '&amp;',
    '&amp;lt;',
    '&#60;!here&#62;',
    '|',
  ],
  // HTML
  ...['<script>alert(1)</script>', '</p></div><img src=x onerror=alert(1)>', '<!--', '-->', ']]>', '<br'],
  ...[
    '"onmouseover="alert(1)',
    "'onmouseover='alert(1)",
    '&quot;',
    '&#39;',
    '&NewLine;',
    '<a href=//evil.example>x',
  ],
  // addresses
  ...[
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<b>x',
    'vbscript:x',
  ],
  ...[
    'https://evil.example/',
    'evil.example.com',
    'www.evil.example',
    'mailto:a@evil.example',
    '//evil.example',
  ],
  ...[
    'https://rubygems.org@evil.example/',
    'https://a:b@evil.example/',
    'https://e.example/?<!channel>|x>&a="\'',
  ],
  ...[
    'https://e.example/)![x](http://evil.example/i',
    'https://e.example/?`*_~`\\)#`',
    'https://\u202Eevil.example/',
  ],
  ...[
    'https://github.com/a/b/tree/v1',
    'https://github.com/a/b/../..',
    'http://[::1]:22/',
    'https://e.example/\r\nX: y',
  ],
  // mail
  ...[
    '\r\nBcc: victim@evil.example\r\n\r\n',
    '\nX-Evil: 1',
    '\rX: 1',
    '=?utf-8?q?=0d=0aBcc:x@evil.example?=',
  ],
  ...[
    '\r\n.\r\nMAIL FROM:<x@evil.example>\r\n',
    '.',
    '..',
    'From ',
    '-- ',
    '--',
    '=0D=0A',
    '=',
    'begin 644 x',
  ],
  // invisible, and not what it seems
  ...['\u0000', '\u0007', '\u001B[31m', '\u007F', '\u0085', '\u009B', '\u2028', '\u2029', '\t', '\v', ' '],
  ...[
    '\u202E',
    '\u202A',
    '\u2066',
    '\u2069',
    '\u200E',
    '\u200F',
    '\u061C',
    '\u200B',
    '\uFEFF',
    '\u2060',
    '\u00AD',
  ],
  ...[
    '\u200C',
    '\u200D',
    '\u034F',
    '\u115F',
    '\u3164',
    '\uFFA0',
    '\uFE0F',
    '\u{E0001}',
    '\u{E0041}',
    '\u{E0100}',
  ],
  ...[
    '\uD800',
    '\uDC00',
    '\uFFFE',
    '\uFFFF',
    '\uE000',
    '\u{10FFFF}',
    '\uFFFC',
    '\u0301\u0302',
    'אב',
    'é',
    '😀',
    '👩‍💻',
    '♻️',
  ],
  // other languages of the house
  ...[
    '__proto__',
    'constructor',
    '{{7*7}}',
    '%00',
    '%0d%0a',
    '<<',
    '- a',
    'a: b',
    '!ruby/object:X',
    'null',
    '~',
  ],
]

const names = [
  ...[
    'rails',
    'evil.example.com',
    'www.evil.example',
    '_it_',
    '__init__',
    '__proto__',
    'channel',
    'here',
    'U123',
  ],
  ...[
    '-a-',
    '._a_.',
    'a_._b',
    'constructor',
    'javascript',
    'x'.repeat(255),
    '_x',
    'bit.ly',
    'x.com_',
    'README.md',
  ],
]
const numbers = [
  ...[
    '8.1.3.1',
    '8.1.3',
    '0',
    '2.0.0.dev',
    '1.evil.example.com',
    '1.0-java',
    '1.0.0.rc1',
    '007',
    '1.0--',
    '1.com-x',
  ],
  ...[
    `1.${'9'.repeat(253)}`,
    `1${'.com'.repeat(60)}`,
    `1${'.0'.repeat(127)}`,
    '1.2.3.4.5',
    '10.0.0.1',
    '1.0.pre.1',
  ],
]
const platforms = [
  'ruby',
  'java',
  'x86_64-linux-gnu',
  '_x_',
  'x_',
  'evil.example.com',
  null,
  '',
  '.',
  'x'.repeat(255),
]
const odd: unknown[] = [
  null,
  0,
  -1,
  1e21,
  true,
  '',
  [],
  {},
  [['<!channel>']],
  { toString: '<@U123>' },
  { toJSON: '<!here>' },
]
const kinds = ['pushed', 'yanked', 'restored'] as const
const origins = ['event', 'fire', 'sample'] as const

/**
 * Payloads with something hostile in every field, as far as src/payload.ts lets them in, and messages about them. Made
 * from a list of numbers, one for each choice: an arbitrary for each field takes ten times as long to draw from.
 */
export const hostileRelease: fc.Arbitrary<HostileRelease> = fc
  .noBias(fc.uint32Array({ minLength: 72, maxLength: 72 }))
  .map((choices) => buildRelease(chooser(choices)))

const rails = aMessage()

type Next = () => number

/** Hands out the choices one after another. */
function chooser(choices: Uint32Array): Next {
  let at = 0
  return () => choices[at++ % choices.length] ?? 0
}

function buildRelease(next: Next): HostileRelease {
  const facts = {
    ...somePairs(next),
    name: pick(names, next()),
    downloads: value(next),
    version: pick(numbers, next()),
    version_created_at: value(next),
    version_downloads: value(next),
    platform: pick(platforms, next()),
    authors: value(next),
    info: info(next),
    licenses: list(next, value),
    metadata: next() % 4 === 3 ? value(next) : somePairs(next),
    yanked: pick([true, false, null], next()),
    sha: value(next),
    spec_sha: value(next),
    project_uri: link(next),
    gem_uri: link(next),
    homepage_uri: link(next),
    wiki_uri: link(next),
    documentation_uri: link(next),
    mailing_list_uri: link(next),
    source_code_uri: link(next),
    bug_tracker_uri: link(next),
    changelog_uri: link(next),
    funding_uri: link(next),
    dependencies:
      next() % 8 === 7
        ? value(next)
        : { development: list(next, dependency), runtime: list(next, dependency) },
  }
  const previous = pick([pick(numbers, next()), text(next()), null], next())
  return { facts, message: messageAbout(facts, pick(kinds, next()), pick(origins, next()), previous) }
}

function messageAbout(
  facts: Record<string, unknown>,
  kind: Message['kind'],
  origin: Message['origin'],
  previous: string | null,
): Message {
  const payload = parsePayload(Buffer.from(JSON.stringify(facts)))
  if (!payload.ok) throw new Error(`The receiver would not take this: ${payload.problem.message}`)
  const { name, version } = payload.value
  const gemPage = `https://rubygems.org/gems/${name}`
  return {
    ...rails,
    kind,
    origin,
    previous,
    gemPage,
    gemName: name,
    number: version,
    body: wireBody(payload.value),
  }
}

function pick<T>(items: readonly T[], choice: number): T {
  return items[choice % items.length] as T
}

/** One fragment, several joined, one repeated, or any characters at all. */
function text(choice: number): string {
  const rest = choice >>> 4
  const [first, second, third] = [1, 137, 20_011].map((step) => pick(fragments, Math.floor(rest / step)))
  if (choice % 16 < 8) return `${first}`
  if (choice % 16 < 13) return `${first}${second}${third}`
  if (choice % 16 < 14) return `${first}`.repeat(200).slice(0, 1000)
  return [rest % 0x110000, rest % 0xd7ff, rest % 0x3000, rest % 0x100]
    .map((c) => String.fromCodePoint(c))
    .join('')
}

function value(next: Next): unknown {
  const choice = next()
  return choice % 13 === 12 ? pick(odd, next()) : text(next())
}

/** Up to 64,000 characters, the longest that RubyGems.org keeps. */
function info(next: Next): unknown {
  const choice = next()
  if (choice % 100 !== 99) return value(next)
  const piece = pick(fragments, next())
  return piece.repeat(64_000 / piece.length)
}

function link(next: Next): unknown {
  const choice = next()
  return choice % 3 === 2 ? `https://e.example/${text(next())}` : value(next)
}

function list(next: Next, item: (next: Next) => unknown): unknown {
  const choice = next()
  return choice % 5 === 4 ? item(next) : Array.from({ length: choice % 5 }, () => item(next))
}

function dependency(next: Next): unknown {
  return { name: text(next()), requirements: text(next()) }
}

/** As JSON.parse does: `__proto__` is a key like any other. */
function somePairs(next: Next): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: next() % 3 }, () => [text(next()), value(next)]))
}
