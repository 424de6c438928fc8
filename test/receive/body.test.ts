import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBodyReader } from '../../src/receive/body.js'
import { payloadOf, signedWebhook } from '../helpers/webhooks.js'
import { startReceiver, type TestReceiver } from './start-receiver.js'

let receiver: TestReceiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(() => receiver.stop())

describe('a webhook that cannot be read', () => {
  // Every 400 of a payload is in payload.test.ts; here one of each kind travels the whole way.
  it.each([
    ['not JSON', Buffer.from('name=rails')],
    ['empty', Buffer.alloc(0)],
    ['an array', Buffer.from('[]')],
    ['without a name', payloadOf({ name: undefined })],
    ['without a version', payloadOf({ version: undefined })],
    ['with a name that cannot be', payloadOf({ name: 'a b' })],
    ['with a version that cannot be', payloadOf({ version: 'latest' })],
    ['with invalid UTF-8', Buffer.from('{"name":"a\xff","version":"1"}', 'latin1')],
    ['nested too deep', Buffer.from(`{"name":"a","version":"1","x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)],
  ])('%s: 400', async (_title, body) => {
    const { status, answer } = await receiver.post({ ...signedWebhook(), body })
    expect(status).toBe(400)
    expect(answer).toEqual({ error: expect.stringMatching(/^The body/) })
    expect(receiver.countEvents()).toBe(0)
  })

  it.each<[string, Record<string, string>]>([
    ['no type', { 'Content-Type': '' }],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['plain text', { 'Content-Type': 'text/plain' }],
    ['text/json', { 'Content-Type': 'text/json' }],
    ['JSON of another kind', { 'Content-Type': 'application/vnd.api+json' }],
    ['a type that only begins so', { 'Content-Type': 'application/json5' }],
    ['Latin-1', { 'Content-Type': 'application/json; charset=iso-8859-1' }],
    ['UTF-16', { 'Content-Type': 'application/json;charset=utf-16' }],
    ['gzip', { 'Content-Encoding': 'gzip' }],
    ['brotli', { 'Content-Encoding': 'br' }],
    ['two encodings', { 'Content-Encoding': 'gzip, identity' }],
  ])('%s: 415', async (_title, headers) => {
    const webhook = signedWebhook()
    const { status, answer } = await receiver.post({
      ...webhook,
      headers: { ...webhook.headers, ...headers },
    })
    expect(status).toBe(415)
    expect(answer).toEqual({ error: expect.stringMatching(/Content-(Type|Encoding)/) })
    expect(receiver.countEvents()).toBe(0)
  })

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s: 405', async (method) => {
    for (const path of ['/webhooks/rubygems', '/webhooks/rubygems/token']) {
      const response = await fetch(receiver.origin + path, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
      expect(await response.text()).toBe(method === 'HEAD' ? '' : '{"error":"Webhooks are sent with POST."}')
    }
  })
})

it('gives way when it was begun first of those under way and they hold too much', async () => {
  const readBody = createBodyReader(1000)
  const server = createServer(async (request, response) => {
    const read = await readBody(request)
    response.end(JSON.stringify(read.ok ? read.value.length : read.problem.code))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const headers = { 'Content-Type': 'application/json' }
  const send = (size: number) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers })
    const answer = once(outgoing, 'response').then(([response]) => json(response))
    outgoing.write(Buffer.alloc(size))
    return { outgoing, answer }
  }
  const largest = send(600)
  const small = send(300)
  const last = send(200)
  expect(await largest.answer).toBe('throttled')
  small.outgoing.end()
  last.outgoing.end()
  expect(await Promise.all([small.answer, last.answer])).toEqual([300, 200])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
