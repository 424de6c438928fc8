import { createServer } from 'node:https'
import { connect as connectTcp } from 'node:net'
import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { GuardedConnector } from '../../src/outbound/connector.js'
import { selfSigned } from '../helpers/outbound-certificate.js'
import { allowing, knowing, loopback, nothing } from '../helpers/outbound-parts.js'
import { type Listener, listen, listenTcp } from '../helpers/outbound-servers.js'

vi.mock('node:net', { spy: true })

const lookup = knowing({ 'name.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] })
let listeners: Listener[]
let outbound: Outbound

beforeEach(() => {
  listeners = []
  outbound = createOutbound({ allow: loopback, userAgent: 'test', lookup })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await outbound.close()
  await Promise.all(listeners.map((listener) => listener.close()))
})

/** Connects as undici would; resolves with the error, or null when there was none. */
function connect(
  connector: GuardedConnector,
  protocol: string,
  hostname: string,
  port: number,
): Promise<Error | null> {
  return new Promise((resolve) => {
    const target = { protocol, hostname, host: `${hostname}:${port}`, port: `${port}` }
    connector.connect(target, (...[error]) => resolve(error))
  })
}

async function silent(): Promise<Listener> {
  const listener = await listenTcp()
  listeners.push(listener)
  return listener
}

describe('the guarded connector', () => {
  // Connecting to 0.0.0.0 ends at 127.0.0.1: the one case where the address dialled is not the address reached.
  it.each(['http:', 'https:'])(
    'checks where a %s socket really ended, before a byte is written',
    async (protocol) => {
      const { port, connections, bytes } = await silent()
      const wide = createOutbound({ allow: allowing('0.0.0.0/32'), userAgent: 'test' })
      const result = await wide.request({
        url: `${protocol}//0.0.0.0:${port}/`,
        method: 'POST',
        body: 'secret',
      })
      expect(result).toMatchObject({ ok: false, problem: { code: 'forbidden' } })
      await expect.poll(connections).toBe(1)
      await wide.close()
      expect(bytes()).toBe(0)
    },
  )

  it.each([
    ['http:', '127.0.0.1'],
    ['https:', '127.0.0.1'],
    ['http:', '::1'],
    ['http:', 'name.test'],
    ['https:', 'name.test'],
  ])('refuses %s to %s by itself, without connecting', async (protocol, hostname) => {
    const { port, connections } = await silent()
    const error = await connect(new GuardedConnector(nothing, lookup, 1000), protocol, hostname, port)
    expect(error).toMatchObject({ problem: { code: 'forbidden' } })
    expect(connections()).toBe(0)
  })

  it.each([
    ['DNS', 'http:', 'slow.test'],
    ['TLS', 'https:', '127.0.0.1'],
  ])('gives up %s when its time is over', async (_, protocol, hostname) => {
    const { port } = await silent()
    const connector = new GuardedConnector(loopback, () => new Promise(() => {}), 50)
    const message = `${hostname}:${port}: could not connect within 0.05 s`
    expect(await connect(connector, protocol, hostname, port)).toMatchObject({
      problem: { code: 'unavailable', message },
    })
  })

  it.each([
    ['https:', 443],
    ['http:', 80],
  ])('takes the port of %s to be %i when the URL names none', async (protocol, port) => {
    const connector = new GuardedConnector(loopback, knowing({}), 1000)
    const target = { protocol, hostname: 'nobody.test', host: 'nobody.test', port: '' }
    await new Promise<void>((resolve) => connector.connect(target, () => resolve()))
    expect(connectTcp).toHaveBeenLastCalledWith(expect.objectContaining({ host: 'nobody.test', port }))
  })

  it('drops what is connecting when it is closed, and connects no more', async () => {
    const { port, connections } = await silent()
    const connector = new GuardedConnector(loopback, lookup, 60_000)
    const shaking = connect(connector, 'https:', '127.0.0.1', port)
    await expect.poll(connections).toBe(1)
    connector.close()
    const stopping = { problem: { code: 'unavailable', message: expect.stringContaining('stopping') } }
    expect(await shaking).toMatchObject(stopping)
    expect(await connect(connector, 'http:', '127.0.0.1', port)).toMatchObject(stopping)
    expect(connections()).toBe(1)
  })
})

describe('https', () => {
  const certificate = selfSigned(['name.test'])

  async function serveTls(): Promise<Listener> {
    const server = createServer(certificate, (request, response) => response.end(`${request.headers.host}`))
    const listener = await listen(server, '127.0.0.1', false)
    listeners.push(listener)
    return listener
  }

  // As NODE_EXTRA_CA_CERTS would, which can only be set before a process starts.
  function trust(ca: string): void {
    const real = tls.connect as (options: tls.ConnectionOptions) => tls.TLSSocket
    vi.spyOn(tls, 'connect').mockImplementation(((options: tls.ConnectionOptions) =>
      real({ ...options, ca })) as never)
  }

  it('reaches a server with a trusted certificate for its name, and keeps the connection', async () => {
    trust(certificate.cert)
    const { port, connections } = await serveTls()
    const url = `https://name.test:${port}/`
    for (let i = 0; i < 5; i++) {
      const result = await outbound.request({ url, method: 'GET' })
      expect(result).toMatchObject({ ok: true, value: { body: Buffer.from(`name.test:${port}`) } })
    }
    expect(connections()).toBe(1)
  })

  it('refuses a trusted certificate for another name', async () => {
    trust(certificate.cert)
    const { port } = await serveTls()
    const message = expect.stringMatching(
      /^other\.test:\d+: TLS failed \(Host: other\.test\. is not in the cert's altnames/,
    )
    const result = await outbound.request({ url: `https://other.test:${port}/`, method: 'GET' })
    expect(result).toEqual({ ok: false, problem: { code: 'unavailable', message } })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    const { port } = await serveTls()
    const message = `name.test:${port}: TLS failed (self-signed certificate)`
    const result = await outbound.request({ url: `https://name.test:${port}/`, method: 'GET' })
    expect(result).toEqual({ ok: false, problem: { code: 'unavailable', message } })
  })

  it('refuses a server that does not speak TLS', async () => {
    const plain = await listenTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    )
    listeners.push(plain)
    const message = `127.0.0.1:${plain.port}: TLS failed (wrong version number)`
    const result = await outbound.request({ url: `https://127.0.0.1:${plain.port}/`, method: 'GET' })
    expect(result).toEqual({ ok: false, problem: { code: 'unavailable', message } })
  })

  it('hears of a server that wants a client certificate only after the handshake', async () => {
    trust(certificate.cert)
    const strict = tls.createServer({ ...certificate, requestCert: true, rejectUnauthorized: true })
    strict.on('tlsClientError', () => {})
    const listener = await listen(strict, '127.0.0.1', false)
    listeners.push(listener)
    const result = await outbound.request({ url: `https://name.test:${listener.port}/`, method: 'GET' })
    expect(result).toMatchObject({ ok: false, problem: { code: 'unavailable' } })
  })
})
