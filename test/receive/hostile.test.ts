import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authorizationFor, payloadOf, secrets, webhookFixture } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
beforeAll(async () => {
  receiver = await startReceiver({ configured: [secrets.legacy, secrets.modern, ' '] })
})
afterAll(() => receiver.stop())

const provenBy = [
  secrets.legacy,
  secrets.modern,
  secrets.modernSha256,
  '948acf55625b3180f9d4015f71d342777de62663c9029cef5dbfebc3d2e52b88',
]

function send(headers: Record<string, string>, body: Buffer): Promise<{ status: number; answer: unknown }> {
  return new Promise((resolve, reject) => {
    const { port } = receiver
    const outgoing = request({ port, host: '127.0.0.1', path: '/webhooks/rubygems', method: 'POST', headers })
    outgoing.on('response', async (response: IncomingMessage) =>
      resolve({ status: response.statusCode ?? 0, answer: await json(response).catch(reject) }),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const names = fc.constantFrom('rails', 'foo', 'foo1', 'a', 'b', 'c', '1', '../x')
const versions = fc.oneof(
  fc.constantFrom('12.0', '2.0', '1.0.0', 'latest', '', '1.0-java'),
  fc.integer({ min: 0 }).map(String),
)
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('\ud800', '__proto__', 'ruby\u0000', '../../etc', -0, 1e308),
)
const webhookBody = fc
  .record({
    name: fc.oneof({ weight: 5, arbitrary: names }, strange),
    version: fc.oneof({ weight: 5, arbitrary: versions }, strange),
    platform: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('ruby', 'java', null, '') }, strange),
    yanked: fc.oneof({ weight: 5, arbitrary: fc.boolean() }, strange),
    info: strange,
    metadata: strange,
  })
  .map(payloadOf)
const anyBody = fc.oneof(
  { weight: 6, arbitrary: webhookBody },
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
)

const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
})
const secret = fc.constantFrom(...provenBy, '', ' ', 'another', secrets.legacy.toUpperCase())
const signed = fc
  .record({ name: names, version: versions, secret })
  .map(({ name, version, secret }) => authorizationFor(name, version, secret))
const authorization = fc.oneof(
  { weight: 6, arbitrary: signed },
  signed.map((header) => header.toUpperCase()),
  signed.map((header) => header.slice(1)),
  signed.map((header) => `Bearer ${header}`),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: 64, maxLength: 64 }),
  headerText,
)
/** What a header is made for: half of the time the very body that it comes with. */
const webhook = fc.oneof(
  fc.tuple(authorization, anyBody),
  fc.tuple(secret, webhookBody).map(([with_, body]): [string, Buffer] => {
    const { name, version } = JSON.parse(body.toString('utf8'))
    const [gem, number] = [name, version].map((text) => (typeof text === 'string' ? text : 'odd'))
    return [authorizationFor(gem ?? '', number ?? '', with_), body]
  }),
)
const otherHeaders = fc.record(
  {
    'Content-Type': fc.oneof(
      { weight: 8, arbitrary: fc.constant('application/json') },
      fc.constantFrom('application/json;charset=UTF-8', 'text/plain', 'application/json;charset=x'),
      headerText,
    ),
    'Content-Encoding': fc.constantFrom('identity', 'gzip', ''),
    Accept: headerText,
    'X-Forwarded-For': headerText,
  },
  { requiredKeys: ['Content-Type'] },
)

it('whatever is sent, the answer is no 5xx, and no 2xx unless the header proves name and version', async () => {
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(webhook, otherHeaders, async ([header, body], others) => {
      const before = receiver.countEvents()
      const { status, answer } = await send({ ...others, Authorization: header }, body)
      seen.add(status)
      expect(status).toBeLessThan(500)
      const kept = receiver.countEvents() - before
      expect(kept).toBe(status === 202 ? 1 : 0)
      if (status >= 300) {
        expect(answer).toEqual({ error: expect.any(String) })
        return
      }
      const { name, version } = JSON.parse(body.toString('utf8'))
      const proofs = provenBy.map((candidate) => authorizationFor(name, version, candidate))
      expect(proofs).toContain(header.trim().toLowerCase())
    }),
    { numRuns: 400 },
  )
  // The cases are worth something only if they lead everywhere.
  expect([...seen]).toEqual(expect.arrayContaining([202, 400, 401, 415]))
  expect(receiver.logs.filter(({ level }) => level >= 50)).toEqual([])
})

it('junk on the wire does not bring the receiver down', async () => {
  const start = fc.constantFrom(
    '',
    'POST /webhooks/rubygems HTTP/1.1\r\n',
    'POST /webhooks/rubygems HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n',
  )
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 200 }), async (before, junk) => {
      const socket = receiver.open()
      socket.on('error', () => {})
      await new Promise((resolve) =>
        socket.end(Buffer.concat([Buffer.from(before), junk]), () => resolve(undefined)),
      )
      socket.resume()
    }),
    { numRuns: 100 },
  )
  const { body, authorization: digests } = webhookFixture('ruby')
  const headers = { 'Content-Type': 'application/json', Authorization: digests.legacy }
  expect((await send(headers, body)).status).toBe(202)
})
