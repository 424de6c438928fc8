import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound, type OutboundRequest } from '../../src/outbound/client.js'
import { knowing, loopback, unwrap } from '../helpers/outbound-parts.js'
import { type Listener, listenTcp, serveHttp } from '../helpers/outbound-servers.js'

let outbound: Outbound
let listeners: Listener[]

beforeEach(() => {
  listeners = []
  outbound = createOutbound({ allow: loopback, userAgent: 'test' })
})

afterEach(async () => {
  await outbound.close()
  await Promise.all(listeners.map((listener) => listener.close()))
})

function remembered(listener: Listener): Listener {
  listeners.push(listener)
  return listener
}

async function askHttp(onRequest: RequestListener, options: Partial<OutboundRequest> = {}) {
  const listener = remembered(await serveHttp(onRequest))
  return outbound.request({ url: `http://127.0.0.1:${listener.port}/`, method: 'GET', ...options })
}

async function askTcp(onData: (socket: Socket) => void, options: Partial<OutboundRequest> = {}) {
  const listener = remembered(await listenTcp((socket) => socket.once('data', () => onData(socket))))
  return outbound.request({ url: `http://127.0.0.1:${listener.port}/`, method: 'GET', ...options })
}

function unavailable(reason: string) {
  const message = expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+: ${reason}`))
  return { ok: false, problem: { code: 'unavailable', message } }
}

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i is an answer, and not followed', async (status) => {
    const target = remembered(await listenTcp())
    const location = `http://127.0.0.1:${target.port}/`
    const answer = unwrap(await askHttp((_, response) => response.writeHead(status, { location }).end()))
    expect(answer).toMatchObject({ status, headers: { location } })
    expect(target.connections()).toBe(0)
  })
})

describe('slowness', () => {
  it('before the headers is cut', async () => {
    expect(await askTcp(() => {}, { timeoutMs: 80 })).toEqual(unavailable('no answer within 0.08 s'))
  })

  it('within the headers is cut', async () => {
    const result = await askTcp((socket) => socket.write('HTTP/1.1 200 OK\r\nx-'), { timeoutMs: 80 })
    expect(result).toEqual(unavailable('no answer within 0.08 s'))
  })

  it('is cut when interim answers keep coming', async () => {
    const result = await askTcp((socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'), {
      timeoutMs: 80,
    })
    expect(result).toEqual(unavailable('no answer within 0.08 s'))
  })

  it('of a dripping body is cut, though every drip comes in time', async () => {
    const trickle = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n')
      drip(socket, '.')
    }
    const result = await askTcp(trickle, { timeoutMs: 500 })
    expect(result).toEqual(unavailable('answered 200, but not in full within 0.5 s'))
    await expect.poll(() => listeners[0]?.open()).toBe(0)
  })

  it('of a resolver is cut', async () => {
    const stuck = createOutbound({ allow: loopback, userAgent: 't', lookup: () => new Promise(() => {}) })
    const request = { url: 'http://slow.test:8080/', method: 'GET', connectTimeoutMs: 50 } as const
    const message = 'slow.test:8080: could not connect within 0.05 s'
    expect(await stuck.request(request)).toEqual({ ok: false, problem: { code: 'unavailable', message } })
    await stuck.close()
  })

  it('of TLS is cut', async () => {
    const silent = remembered(await listenTcp())
    const url = `https://127.0.0.1:${silent.port}/`
    const result = await outbound.request({ url, method: 'GET', connectTimeoutMs: 80 })
    expect(result).toEqual(unavailable('could not connect within 0.08 s'))
  })

  it('of the answer is no slowness of connecting', async () => {
    const late = (socket: Socket) => setTimeout(() => socket.end('HTTP/1.1 204 No Content\r\n\r\n'), 1200)
    expect(await askTcp(late, { connectTimeoutMs: 1000 })).toMatchObject({ ok: true, value: { status: 204 } })
  })

  it('of connecting leaves no request behind to be sent later', async () => {
    const silent = remembered(await listenTcp())
    let open: (value: unknown) => void = () => {}
    const gate = new Promise((resolve) => {
      open = resolve
    })
    const known = knowing({ 'late.test': ['127.0.0.1'] })
    const late = createOutbound({
      allow: loopback,
      userAgent: 't',
      lookup: (name) => gate.then(() => known(name)),
    })
    const url = `http://late.test:${silent.port}/`
    const result = await late.request({ url, method: 'POST', body: 'x', connectTimeoutMs: 50 })
    expect(result).toMatchObject({ problem: { code: 'unavailable' } })
    open(undefined)
    await expect.poll(() => silent.connections()).toBe(1)
    await late.close()
    expect(silent.bytes()).toBe(0)
  })
})

describe('size', () => {
  it('of 2 GB is read up to the limit, and the rest abandoned', async () => {
    let socket: Socket | undefined
    const result = await askHttp((request, response) => {
      socket = request.socket
      response.writeHead(200, { 'content-length': 2 ** 31 })
      const more = () => {
        while (!socket?.destroyed && response.write(Buffer.alloc(65_536, 'x')));
      }
      response.on('drain', more)
      more()
    })
    const answer = unwrap(result)
    expect(answer).toMatchObject({ status: 200, truncated: true })
    expect(answer.body.equals(Buffer.alloc(65_536, 'x'))).toBe(true)
    await expect.poll(() => socket?.destroyed).toBe(true)
    expect(socket?.bytesWritten).toBeLessThan(2 ** 26)
  })

  it.each([
    [9, false, '123456789'],
    [10, false, '1234567890'],
    [11, true, '1234567890'],
    [50, true, '1234567890'],
  ])('of %i bytes with a limit of 10 is truncated: %s', async (size, truncated, body) => {
    const sent = '1234567890'.repeat(5).slice(0, size)
    for (const headers of [{ 'content-length': size }, { 'transfer-encoding': 'chunked' }]) {
      const result = await askHttp((_, response) => response.writeHead(500, headers).end(sent), {
        maxResponseBytes: 10,
      })
      const answer = unwrap(result)
      expect([answer.status, answer.truncated, answer.body.toString()]).toEqual([500, truncated, body])
    }
  })

  it('of a body in single bytes is put together', async () => {
    const text = 'the quick brown fox jumps over the lazy dog'
    const chunks = [...text].map((byte) => `1;${'extension'.repeat(50)}\r\n${byte}\r\n`)
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    const result = await askTcp((socket) => socket.write(`${head}${chunks.join('')}0\r\n\r\n`))
    expect(unwrap(result)).toMatchObject({ truncated: false, body: Buffer.from(text) })
  })

  it('does not grow: a gzip bomb stays packed', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000))
    const result = await askHttp((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    const answer = unwrap(result)
    expect(answer.truncated).toBe(false)
    expect(answer.body.equals(bomb)).toBe(true)
  })

  it('of headers is limited', async () => {
    const result = await askTcp((socket) => drip(socket, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n`))
    expect(result).toEqual(unavailable('the answer has more than 16 KiB of headers'))
  })
})

describe('rudeness', () => {
  const cut = 'the connection was closed before the answer was complete'

  it.each([
    ['a reset', (socket: Socket) => socket.resetAndDestroy(), cut],
    ['a close', (socket: Socket) => socket.end(), cut],
    ['a close within the headers', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nx'), cut],
    [
      'a close within the body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'),
      cut,
    ],
    [
      'another protocol',
      (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      'the answer is not HTTP/1.1',
    ],
    ['nonsense', (socket: Socket) => socket.end('\u0000\u0001\u0002'), 'the answer is not HTTP/1.1'],
    [
      'an upgrade',
      (socket: Socket) => socket.end('HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      cut,
    ],
    [
      'two lengths',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
      'the answer is not as long as it says',
    ],
  ])('is unavailable: %s', async (_, misbehave, reason) => {
    expect(await askTcp(misbehave)).toEqual(unavailable(reason))
  })

  it('a port where nobody listens is unavailable', async () => {
    const gone = await listenTcp()
    await gone.close()
    const url = (host: string) => `http://${host}:${gone.port}/`
    expect(await outbound.request({ url: url('127.0.0.1'), method: 'GET' })).toEqual(
      unavailable('connection refused'),
    )
    const lookup = knowing({ 'both.test': ['127.0.0.1', '::1'] })
    const named = createOutbound({ allow: loopback, userAgent: 't', lookup })
    const message = `both.test:${gone.port}: connection refused`
    expect(await named.request({ url: url('both.test'), method: 'GET' })).toMatchObject({
      problem: { message },
    })
    await named.close()
  })
})

function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 10)
  socket.once('close', () => clearInterval(timer))
}
