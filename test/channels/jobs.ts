import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { Job, Message } from '../../src/delivery.js'
import { codePoint } from '../helpers/code-point.js'

const folder = new URL('../fixtures/', import.meta.url)

/** Names of the payload fixtures, such as `ruby` and `platform-java`. */
export const payloadNames = readdirSync(folder).flatMap((file) => {
  const name = /^webhook-payload-(.+)\.json$/.exec(file)?.[1]
  return name === undefined ? [] : [name]
})

/** The bytes of a fixture. */
export function payload(name: string): string {
  return readFileSync(new URL(`webhook-payload-${name}.json`, folder), 'utf8').trimEnd()
}

/** A message about rails 8.1.3.1 that came after 8.1.3, with changes. */
export function aMessage(changes: Partial<Message> = {}): Message {
  return {
    id: 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj',
    kind: 'pushed',
    ...verified(changes.body ?? payload('ruby')),
    body: payload('ruby'),
    gemPage: 'https://rubygems.org/gems/rails',
    previous: '8.1.3',
    origin: 'event',
    occurredAt: Date.UTC(2026, 6, 29, 15, 2, 42),
    via: '0123456789ab',
    ...changes,
  }
}

/** What was verified of a body; of one that is no webhook's, any text. */
function verified(body: string): Pick<Message, 'gemName' | 'number'> {
  const { name, version } = body.startsWith('{') ? JSON.parse(body) : {}
  return { gemName: asText(name), number: asText(version) }
}

/** Not String: an object with a `toString` that is no function cannot be made a string. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** A job for a channel, with changes. */
export function aJob(job: Pick<Job, 'channel' | 'url'> & Partial<Job>, message: Partial<Message> = {}): Job {
  return {
    deliveryId: 7,
    attempt: 1,
    accountId: 1,
    apiKey: '701243f217cdf23b1370c7b66b65ca97',
    allow: [],
    unsubscribeUrl: null,
    message: aMessage(message),
    ...job,
  }
}

const nasty = fc.constantFrom(
  '<!channel>',
  '<@U12345>',
  '@here',
  '*bold* `code` _it_ ~no~',
  '</p><script>alert(1)</script>',
  '" onmouseover="alert(1)',
  "' onmouseover='alert(1)",
  'javascript:alert(1)',
  ' JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'https://example.com/<!channel>|x>',
  'https://example.com/?a=1&b=\'"<>|',
  'https://rubygems.org@evil.example/',
  'https://github.com/rails/rails/tree/v8.1.3.1',
  'a\r\nBcc: victim@example.com\r\n\r\nhello',
  'x\u2028y\u0000z\u0007',
  '\u202Eecilop\u2066',
  '\uD800 half \uDC00',
  '&amp;&lt;&#39;',
  '=?utf-8?q?=0d=0aBcc:x@example.com?=',
  '😀'.repeat(2000),
  '&'.repeat(4000),
  '<'.repeat(4000),
  `https://example.com/${'&'.repeat(1500)}`,
)

const strange = fc.oneof(
  { weight: 4, arbitrary: nasty },
  { weight: 2, arbitrary: fc.string({ unit: codePoint, maxLength: 200 }) },
  { weight: 2, arbitrary: fc.array(nasty, { maxLength: 3 }).map((parts) => parts.join(' ')) },
  { weight: 1, arbitrary: fc.jsonValue() },
)

/** Messages with whatever strangers might write into a payload. */
export const hostileMessage: fc.Arbitrary<Message> = fc
  .record({
    payload: fc.record({
      name: strange,
      version: fc.oneof(strange, fc.constant('8.1.3.1')),
      platform: strange,
      authors: strange,
      info: strange,
      licenses: fc.oneof(strange, fc.array(strange)),
      project_uri: strange,
      changelog_uri: strange,
      source_code_uri: strange,
    }),
    kind: fc.constantFrom('pushed' as const, 'yanked' as const, 'restored' as const),
    previous: fc.constantFrom(null, '8.1.3', '<!channel>', '1\r\nBcc: x@example.com'),
    origin: fc.constantFrom('event' as const, 'fire' as const, 'sample' as const),
  })
  .map(({ payload: body, ...rest }) => aMessage({ ...rest, body: JSON.stringify(body) }))
