import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOf } from '../helpers/gemherald.js'
import { type GemheraldProcess, runServer, temporaryFolder } from '../helpers/process.js'
import { secrets } from '../helpers/webhooks.js'
import { complaints } from './complaints.js'
import { hostileRequest } from './hostile-requests.js'
import { openWires } from './wire.js'

const folder = temporaryFolder()
let server: GemheraldProcess & { url: string }
let port = 0
/** Webhooks that were answered 202. */
let kept = 0
beforeAll(async () => {
  server = await runServer({
    DATA_DIR: folder.path,
    RUBYGEMS_API_KEYS: secrets.modern,
    GEMHERALD_API_KEY: 'gh_key_of_a_test_process',
  })
  port = Number(new URL(server.url).port)
})
afterAll(async () => {
  await server.end('SIGKILL')
  folder.remove()
})

/** Sends bytes as they stand over a connection of their own and ends it; what came back. */
async function talk(bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const answer = text(socket).catch(() => '')
  socket.end(bytes)
  return answer
}

it('2,000 requests get answers that nobody can complain of', async () => {
  const wires = openWires(port, 48)
  const options = { secrets: [secrets.modern, secrets.modernSha256], token: null }
  const batch = fc.array(fc.noShrink(fc.integer()), { minLength: 200, maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(batch, async (seeds) => {
      const requests = seeds.map((seed) => hostileRequest(seed, options))
      const answers = await wires.ask(requests.map(({ bytes }) => bytes))
      kept += answers.filter((answer) => answer?.status === 202).length
      expect(requests.flatMap((request, index) => complaints(request, answers[index], options))).toEqual([])
    }),
    { numRuns: 10 },
  )
  wires.close()
  expect(kept).toBeGreaterThan(100)
}, 60_000)

const post = 'POST /webhooks/rubygems HTTP/1.1\r\n'
const headers = `Host: a\r\nAuthorization: ${'a'.repeat(64)}\r\nContent-Type: application/json\r\n`
it.each<[string, string | Buffer]>([
  ['no request at all', '\u0000'.repeat(100)],
  ['the beginning of TLS', Buffer.from('16030100f0010000ec0303', 'hex')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/0.9', 'GET /webhooks/rubygems\r\n'],
  ['HTTP of another age', `POST /webhooks/rubygems HTTP/9.9\r\n${headers}\r\n`],
  ['no Host', `${post}Content-Length: 0\r\n\r\n`],
  ['a method that nobody knows', 'BREW /webhooks/rubygems HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target of 100,000 characters', `POST /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['a target of no kind', 'POST javascript:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a tunnel', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['2,500 headers', `${post}${headers}${'x: y\r\n'.repeat(2500)}\r\n`],
  ['a header of a megabyte', `${post}X: ${'x'.repeat(1 << 20)}\r\n\r\n`],
  ['a header without a name', `${post}: x\r\n\r\n`],
  ['a blank before the colon', `${post}Host: a\r\nContent-Length : 5\r\n\r\nhello`],
  ['a folded header', `${post}${headers}X: a\r\n b\r\n\r\n`],
  ['a NUL in a header', `${post}${headers}X: a\u0000b\r\n\r\n`],
  ['bare line feeds', `${post}${headers}Content-Length: 2\r\n\r\n{}`.replaceAll('\r', '')],
  ['bare carriage returns', `${post}${headers}\r\n`.replaceAll('\n', '')],
  [
    'a length and chunks',
    `${post}${headers}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['two lengths', `${post}${headers}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ['two lengths in one', `${post}${headers}Content-Length: 5, 6\r\n\r\nhello`],
  ['a length with a sign', `${post}${headers}Content-Length: +5\r\n\r\nhello`],
  ['a length in hexadecimal', `${post}${headers}Content-Length: 0x5\r\n\r\nhello`],
  ['a length beyond all numbers', `${post}${headers}Content-Length: ${'9'.repeat(40)}\r\n\r\nhello`],
  ['an encoding that nobody knows', `${post}${headers}Transfer-Encoding: x\r\n\r\nhello`],
  ['chunked, and then not', `${post}${headers}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['a blank within chunked', `${post}${headers}Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n`],
  ['a chunk of no size', `${post}${headers}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
  ['a chunk beyond all numbers', `${post}${headers}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\nx`],
  ['a chunk of less than none', `${post}${headers}Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n`],
  [
    'a chunk that is longer than it says',
    `${post}${headers}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n`,
  ],
  [
    'a chunk whose extension never ends',
    `${post}${headers}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(1 << 20)}`,
  ],
  [
    'a trailer that never ends',
    `${post}${headers}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'x'.repeat(1 << 20)}`,
  ],
  ['a thousand requests at once', `${post}${headers}Content-Length: 2\r\n\r\n{}`.repeat(1000)],
  ['a good beginning, and then nonsense', `${post}${headers}Content-Length: 2\r\n\r\n{}\u0001\u0002\u0003`],
])('%s is refused, or the connection is closed', async (_title, bytes) => {
  const answers = await talk(Buffer.from(bytes))
  for (const [, status] of answers.matchAll(/HTTP\/1\.1 (\d{3})/g)) expect(status).toMatch(/^4/)
  expect(answers).not.toMatch(/x-powered-by|\n\s*at |node_modules/i)
  expect(await clientOf(server.url).pushRelease('rails', '99.0')).toMatchObject({
    status: expect.toSatisfy((status) => status === 202 || status === 200),
  })
})

it('is still the same process, that has nothing to tell but refusals, and ends when it is asked to', async () => {
  expect(await server.end('SIGTERM')).toBe(0)
  const lines = server.printed().split('\n')
  const log = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  expect(log.length).toBeGreaterThan(100)
  expect(log.filter(({ level, refusal }) => level >= 50 || refusal === undefined)).toEqual([])
  expect(server.printed()).not.toMatch(/unhandled|uncaught|Error:|warning: /i)
  const ledger = new Sqlite(join(folder.path, 'ledger.db'), { readonly: true })
  const events = ledger.prepare('SELECT count(*) FROM events').pluck().get()
  ledger.close()
  // One more: the good one.
  expect(events).toBe(kept + 1)
})
