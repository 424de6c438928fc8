import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { authorizationFor, payloadOf, signedWebhook } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.stop())

const mebibyte = 1024 * 1024
const path = '/webhooks/rubygems'

/** A request as text: right in every way unless `headers` say otherwise, a null leaves one out. */
function raw(
  {
    body = payloadOf(),
    version = '1.4.2',
    method = 'POST',
  }: { body?: Buffer; version?: string; method?: string },
  headers: Record<string, string | null> = {},
): Buffer {
  const all = {
    Host: '127.0.0.1',
    ...signedWebhook({ version }).headers,
    'Content-Length': String(body.length),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), body])
}

const statuses = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

async function stillWorks(): Promise<void> {
  expect(await receiver.post(signedWebhook({ version: '99.0' }))).toMatchObject({ status: 202 })
}

describe('the size of a body', () => {
  const ofSize = (size: number) => Buffer.concat([payloadOf(), Buffer.alloc(size, ' ')]).subarray(0, size)
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const inChunk = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  const chunked = (headers: Record<string, string | null> = {}) =>
    raw({ body: Buffer.alloc(0) }, { 'Content-Length': null, 'Transfer-Encoding': 'chunked', ...headers })

  it('may be a mebibyte, and is kept to the last byte', async () => {
    const body = ofSize(mebibyte)
    expect(await receiver.post({ ...signedWebhook(), body })).toMatchObject({ status: 202 })
    expect(receiver.temp.ledger.releases.payload(1)?.equals(body)).toBe(true)
  })

  it('may be a mebibyte in chunks', async () => {
    const parts = [payloadOf(), Buffer.alloc(mebibyte - payloadOf().length, ' ')]
    const body = Buffer.concat([...parts.map(inChunk), Buffer.from('0\r\n\r\n')])
    expect(statuses(await receiver.talk(Buffer.concat([chunked({ Connection: 'close' }), body])))).toEqual([
      202,
    ])
    expect(receiver.temp.ledger.releases.payload(1)).toHaveLength(mebibyte)
  })

  it.each([mebibyte + 1, 8 * mebibyte])('may not be %i bytes: 413', async (size) => {
    const { status, answer } = await receiver.post({ ...signedWebhook(), body: ofSize(size) })
    expect(status).toBe(413)
    expect(answer).toEqual({ error: 'The body is larger than 1 MiB.' })
    expect(receiver.countEvents()).toBe(0)
    await stillWorks()
  })

  it('is refused as soon as it is announced', async () => {
    const answer = await receiver.talk(raw({ body: Buffer.alloc(0) }, { 'Content-Length': '1073741824' }))
    expect(statuses(answer)).toEqual([413])
    expect(answer).toMatch(/\r\nConnection: close\r\n/i)
  })

  it('is refused in chunks as soon as it is too large, however long the sender goes on', async () => {
    const socket = receiver.open()
    const answer = text(socket)
    socket.on('error', () => {})
    socket.write(chunked())
    while (!socket.destroyed && !socket.readableEnded && socket.bytesWritten < 64 * mebibyte)
      if (!socket.write(inChunk(chunk))) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    expect(statuses(await answer)).toEqual([413])
    expect(receiver.countEvents()).toBe(0)
    await stillWorks()
  })
})

describe('a sender that breaks off', () => {
  it.each([
    ['within the headers', () => raw({}).subarray(0, 40)],
    ['after the headers', () => raw({}).subarray(0, -payloadOf().length)],
    ['within the body', () => raw({}).subarray(0, -1)],
    [
      'within a chunk',
      () =>
        Buffer.concat([
          raw({ body: Buffer.alloc(0) }, { 'Content-Length': null, 'Transfer-Encoding': 'chunked' }),
          Buffer.from('ff\r\n{'),
        ]),
    ],
    ['before it reads the answer', () => raw({ version: '2.0', body: payloadOf({ version: '2.0' }) })],
  ])('%s does no harm', async (_title, bytes) => {
    const socket = receiver.open()
    await new Promise((resolve) => socket.write(bytes(), resolve))
    await vi.waitFor(async () => expect(await receiver.connections()).toBe(1))
    socket.resetAndDestroy()
    await vi.waitFor(async () => expect(await receiver.connections()).toBe(0))
    await stillWorks()
    const kept = receiver.temp
      .query<{ number: string }>('SELECT number FROM events')
      .map(({ number }) => number)
    expect(kept).not.toContain('1.4.2')
    expect(receiver.logs.filter(({ level }) => level >= 50)).toEqual([])
  })

  it('half way and then stops does not hold others up', async () => {
    for (let count = 0; count < 50; count += 1) receiver.open().write(raw({}).subarray(0, -1))
    await vi.waitFor(async () => expect(await receiver.connections()).toBe(50))
    await stillWorks()
    expect(receiver.countEvents()).toBe(1)
  })
})

describe('one connection', () => {
  it('may carry several webhooks, pipelined, answered in order', async () => {
    const last = raw({ version: '1.3', body: payloadOf({ version: '1.3' }) }, { Connection: 'close' })
    const requests = ['1.1', '1.2', '1.1'].map((version) => raw({ version, body: payloadOf({ version }) }))
    const answers = await receiver.talk(Buffer.concat([...requests, last]))
    expect(statuses(answers)).toEqual([202, 202, 200, 202])
    expect([...answers.matchAll(/"event":(\d+)/g)].map(([, event]) => Number(event))).toEqual([1, 2, 1, 3])
  })

  it('ends after a HEAD, which is answered without a body', async () => {
    const answer = await receiver.talk(raw({ method: 'HEAD', body: Buffer.alloc(0) }))
    expect(statuses(answer)).toEqual([405])
    expect(answer).toMatch(/\r\n\r\n$/)
    await stillWorks()
  })

  it('may wait for 100 Continue', async () => {
    const answers = await receiver.talk(raw({}, { Expect: '100-continue', Connection: 'close' }))
    expect(statuses(answers)).toEqual([100, 202])
  })

  it('ends after a refusal, so that a body that nobody read is never taken for a request', async () => {
    const smuggled = raw({})
    for (const headers of [
      { Authorization: 'x' },
      { 'Content-Type': 'text/plain' },
      { Authorization: null },
    ]) {
      const answers = await receiver.talk(raw({ body: smuggled }, headers))
      expect(statuses(answers)).toHaveLength(1)
      expect(statuses(answers)[0]).toBeGreaterThanOrEqual(400)
    }
    expect(receiver.countEvents()).toBe(0)
    await stillWorks()
  })
})

describe('odd requests', () => {
  const wrong = authorizationFor('a', '1', 'another')
  const { Authorization: right } = signedWebhook().headers
  it.each<[string, Buffer, number]>([
    ['no HTTP at all', Buffer.from('\x16\x03\x01 hello\r\n\r\n'), 400],
    ['two lengths', raw({}, { 'content-length': '3', Connection: 'close' }), 400],
    ['a length and chunks', raw({}, { 'Transfer-Encoding': 'chunked', Connection: 'close' }), 400],
    ['a negative length', raw({}, { 'Content-Length': '-1' }), 400],
    [
      'two Authorization headers, the first one right',
      raw({}, { authorization: wrong, Connection: 'close' }),
      202,
    ],
    [
      'two Authorization headers, the first one wrong',
      raw({}, { Authorization: wrong, authorization: right, Connection: 'close' }),
      401,
    ],
    ['no body', raw({ body: Buffer.alloc(0) }, { 'Content-Length': null, Connection: 'close' }), 400],
    ['headers that are too large', raw({}, { 'X-Large': 'x'.repeat(20_000) }), 431],
  ])('%s', async (_title, bytes, status) => {
    expect(statuses(await receiver.talk(bytes))).toEqual([status])
    await stillWorks()
  })
})
