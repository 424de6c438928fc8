import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { until } from '../helpers/wait.js'

const mebibyte = 1024 * 1024
let gemherald: TestGemherald
let server: Server
let sockets: Socket[] = []
beforeEach(async () => {
  gemherald = await startGemherald()
  server = await serverOf(gemherald)
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await gemherald.remove()
})

/** The server that gemherald made for itself, so that a test need not wait as long as its limits are. */
async function serverOf({ url }: TestGemherald): Promise<Server> {
  let found: Server | undefined
  const look = (message: unknown) => {
    found = (message as { server: Server }).server
  }
  subscribe('http.server.request.start', look)
  await fetch(`${url}/healthz`)
  unsubscribe('http.server.request.start', look)
  if (found === undefined) throw new Error('No server answered.')
  return found
}

/** A connection on which something has been sent; what comes back is added to `heard`. */
function open(bytes: string | Buffer, heard: string[] = []): Socket {
  const socket = connect(gemherald.address.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', (chunk) => heard.push(chunk.toString()))
  socket.write(bytes)
  sockets.push(socket)
  return socket
}

const connections = () =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

const line = 'POST /webhooks/rubygems HTTP/1.1\r\n'
const head = `${line}Host: a\r\nAuthorization: ${'a'.repeat(64)}\r\nContent-Type: application/json\r\n`
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
const bytewise = (count: number) => Buffer.from('1\r\n \r\n'.repeat(count))
/** What a slow sender begins with, and what it goes on with for ever: in the request line, the headers and the body. */
const slow: [Buffer, string][] = [
  [Buffer.from('POST /webhooks/ru'), 'b'],
  [Buffer.from(`${line}X-Slow: `), 'x'],
  [Buffer.from(`${line}X-Slow: ${'x'.repeat(15_000)}`), 'x'],
  [Buffer.from(`${head}Content-Length: ${mebibyte}\r\n\r\n${' '.repeat(900 * 1024)}`), ' '],
  [Buffer.concat([Buffer.from(chunked), bytewise(2000)]), '1\r\n \r\n'],
]
const slowOne = (index: number) => slow[index % slow.length] as (typeof slow)[number]

it('500 slow sockets hold nobody up, take little memory, and are ended by the limits of the server', async () => {
  expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 15_000, timeout: 120_000 })
  const before = process.memoryUsage().arrayBuffers
  const heard: string[] = []
  for (let index = 0; index < 500; index += 1) open(slowOne(index)[0], heard)
  const drip = () => {
    for (const [index, socket] of sockets.entries()) if (socket.writable) socket.write(slowOne(index)[1])
  }
  // Of a hundred bodies of nearly a mebibyte, those that are too many give way.
  await until('some are refused', async () => heard.length > 20 && (await connections()) > 400)
  for (let version = 1; version <= 20; version += 1) {
    drip()
    expect(await gemherald.pushRelease('rails', `7.${version}`)).toMatchObject({ status: 202 })
  }
  expect(await connections()).toBeGreaterThan(400)
  for (const answer of heard)
    expect(answer).toMatch(/^HTTP\/1\.1 408 .*\{"error":"The body came too slowly[^"]+"\}$/s)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * mebibyte)

  Object.assign(server, { headersTimeout: 1, requestTimeout: 1 })
  await until('none is left', async () => {
    drip()
    return (await connections()) === 0
  })
  Object.assign(server, { headersTimeout: 10_000, requestTimeout: 15_000 })
  expect(await gemherald.pushRelease('rails', '8.0')).toMatchObject({ status: 202 })
}, 60_000)

it('who takes no answers is hung up on', async () => {
  server.timeout = 500
  const socket = connect(gemherald.address.port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
  const requests = Buffer.from('GET /webhooks/rubygems HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1000))
  // It asks for as long as the server reads, and reads nothing itself.
  const ask = () => {
    while (socket.writable && socket.write(requests));
  }
  socket.on('drain', ask)
  ask()
  await until('it is connected', async () => (await connections()) > 0)
  await until('it is not any more', async () => (await connections()) === 0)
  expect(await gemherald.pushRelease('rails', '8.0')).toMatchObject({ status: 202 })
})

it('a body takes as much memory as it has bytes, in however small pieces they come', async () => {
  const pieces = 200_000
  const before = heapAfterCollection()
  let sent = 0
  const accepted: Socket[] = []
  server.on('connection', (one) => accepted.push(one))
  const socket = open(chunked)
  while (sent < pieces) {
    await new Promise((resolve) => socket.write(bytewise(10_000), resolve))
    sent += 10_000
  }
  await until('all has been read', () => (accepted.at(-1)?.bytesRead ?? 0) > 6 * pieces)
  expect(heapAfterCollection() - before).toBeLessThan(12 * mebibyte)
})

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
