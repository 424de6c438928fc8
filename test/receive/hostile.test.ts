import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { secrets, signedWebhook } from '../helpers/webhooks.js'
import { complaints } from './complaints.js'
import { hostileRequest } from './hostile-requests.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'
import { openWires, type Wires } from './wire.js'

const token = 'a-token-of-the-receiver'
/** What counts as proof: the secrets and their digests. */
const provenBy = [secrets.legacy, sha256(secrets.legacy), secrets.modern, secrets.modernSha256]
const configured = [secrets.legacy, secrets.modern, ' ']

interface Scene {
  receiver: TestReceiver
  wires: Wires
  token: string | null
}

const scenes: Scene[] = []
beforeAll(async () => {
  for (const one of [null, token]) {
    const receiver = await startReceiver({ configured, ...(one === null ? {} : { token: one }) })
    scenes.push({ receiver, wires: openWires(receiver.port, 128), token: one })
  }
})
afterAll(async () => {
  for (const { receiver, wires } of scenes) {
    wires.close()
    await receiver.stop()
  }
})

const batch = fc.array(fc.noShrink(fc.integer()), { minLength: 500, maxLength: 500 })

it.each([
  ['without a receiver token', 0, 12],
  ['with a receiver token', 1, 4],
])(
  'whatever is sent %s, the answer is no 5xx, and no 2xx without a right header',
  async (_title, at, batches) => {
    const { receiver, wires, token } = scenes[at] as Scene
    const seen = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(batch, async (seeds) => {
        const requests = seeds.map((seed) => hostileRequest(seed, { secrets: provenBy, token }))
        const answers = await wires.ask(requests.map(({ bytes }) => bytes))
        expect(
          requests.flatMap((request, index) =>
            complaints(request, answers[index], { secrets: provenBy, token }),
          ),
        ).toEqual([])
        for (const answer of answers) seen.set(answer?.status ?? 0, (seen.get(answer?.status ?? 0) ?? 0) + 1)
      }),
      { numRuns: batches },
    )
    expect(receiver.countEvents()).toBe(seen.get(202))
    expect(receiver.logs.filter(({ level }) => level >= 50)).toEqual([])
    // The cases are worth something only if they lead everywhere, many of them to a 2xx.
    expect([...seen.keys()].sort()).toEqual([200, 202, 400, 401, 404, 405, 413, 415, 417])
    expect((seen.get(202) ?? 0) + (seen.get(200) ?? 0)).toBeGreaterThan(batches * 100)
  },
  60_000,
)

it('junk on the wire does not bring the receiver down', async () => {
  const { receiver } = scenes[0] as Scene
  const answers: string[] = []
  const start = fc.constantFrom(
    '',
    'POST /webhooks/rubygems HTTP/1.1\r\n',
    'POST /webhooks/rubygems HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST /webhooks/rubygems HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n',
  )
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 200 }), async (before, junk) => {
      const socket = receiver.open()
      socket.on('error', () => {})
      socket.on('data', (chunk) => answers.push(chunk.toString('latin1')))
      await new Promise((resolve) =>
        socket.end(Buffer.concat([Buffer.from(before), junk]), () => resolve(undefined)),
      )
    }),
    { numRuns: 100 },
  )
  expect(await receiver.post(signedWebhook({ version: '99.0' }))).toMatchObject({ status: 202 })
  expect(answers.length).toBeGreaterThan(0)
  expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 5'))).toEqual([])
  expect(receiver.logs.filter(({ level }) => level >= 50)).toEqual([])
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
