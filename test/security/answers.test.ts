import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type RequestHandler, Router } from 'express'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app.js'
import { unsubscribeUrl } from '../../src/manage/unsubscribe.js'
import { createSigner } from '../../src/secret.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { authorizationFor, payloadOf, secrets } from '../helpers/webhooks.js'
import { ask, serve, type WireAnswer, type WireRequest } from '../manage/stage.js'

/** What browsers are told with every answer; pages may post to themselves. */
const strict = {
  'Content-Security-Policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}
const strictPage = {
  ...strict,
  'Content-Security-Policy':
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}

/** Of Express, of Node.js, and of where the code lies. */
const banner = /express|node\.js|node_modules|\bat .+:\d+:\d+|\.(js|ts):\d+/i

function expectStrict({ headers, body }: WireAnswer, expected: Record<string, string> = strict): void {
  expect(headers).toMatchObject(expected)
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  expect(names).not.toContain('x-powered-by')
  expect(names).not.toContain('server')
  expect(body).not.toMatch(banner)
}

describe('every answer of a server is strict', () => {
  let gemherald: TestGemherald
  let unsubscribe: string
  beforeAll(async () => {
    gemherald = await startGemherald()
    await gemherald.pushRelease('rails', '8.1.3')
    const secret = readFileSync(join(gemherald.dataDir, 'secret'), 'utf8').trim()
    unsubscribe = unsubscribeUrl('', createSigner(secret, 'unsubscribe'), 1)
  })
  afterAll(() => gemherald.remove())
  const call = (method: string, path: string, wire: WireRequest = {}) =>
    ask(gemherald.address.port, method, path, { key: null, ...wire })

  const json = { 'Content-Type': 'application/json' }
  const signed = { ...json, Authorization: authorizationFor('rails', '8.1.4', secrets.modernSha256) }
  const body = payloadOf({ name: 'rails', version: '8.1.4' })
  const hooks = '/api/v1/web_hooks'
  it.each<[status: number, method: string, path: string, wire?: WireRequest]>([
    [202, 'POST', '/webhooks/rubygems', { headers: signed, body }],
    [200, 'POST', '/webhooks/rubygems', { headers: signed, body }],
    [401, 'POST', '/webhooks/rubygems', { headers: json, body }],
    [400, 'POST', '/webhooks/rubygems', { headers: signed, body: '{' }],
    [413, 'POST', '/webhooks/rubygems', { headers: signed, body: 'x'.repeat(2_000_000) }],
    [415, 'POST', '/webhooks/rubygems', { headers: { ...signed, 'Content-Encoding': 'br' }, body }],
    [405, 'GET', '/webhooks/rubygems'],
    [401, 'GET', hooks],
    [200, 'GET', `${hooks}.json`, { key: apiKey }],
    [200, 'GET', `${hooks}.yaml`, { key: apiKey }],
    [406, 'GET', `${hooks}.xml`, { key: apiKey }],
    [400, 'POST', hooks, { key: apiKey, headers: json, body: '{' }],
    [400, 'POST', `${hooks}?gem_name=%ff`, { key: apiKey }],
    [404, 'POST', `${hooks}?gem_name=..&url=http://example.com`, { key: apiKey }],
    [409, 'POST', `${hooks}?gem_name=rails&url=javascript:alert(1)`, { key: apiKey }],
    [413, 'POST', hooks, { key: apiKey, headers: json, body: 'x'.repeat(100_000) }],
    [400, 'POST', `${hooks}/fire?gem_name=rails&url=http://127.0.0.1:1025`, { key: apiKey }],
    [200, 'GET', '/api/v1/gems/rails.json'],
    [404, 'GET', '/api/v1/gems/no-such.json'],
    [200, 'GET', '/versions'],
    [206, 'GET', '/versions', { headers: { Range: 'bytes=0-3' } }],
    [416, 'GET', '/versions', { headers: { Range: 'bytes=999999-' } }],
    [400, 'GET', '/api/v1/search.json'],
    [400, 'GET', '/api/v1/gems/%ff.json'],
    [200, 'GET', '/healthz'],
    [200, 'HEAD', '/healthz'],
    [200, 'OPTIONS', '/healthz'],
    [200, 'GET', '/readyz'],
    [200, 'GET', '/metrics'],
    [303, 'GET', '/'],
    [404, 'GET', '/nothing'],
    [404, 'POST', '/nothing'],
    [404, 'TRACE', '/nothing'],
    [404, 'GET', '/%ff'],
    [404, 'GET', '//example.com/..'],
    [404, 'GET', '/<script>alert(1)</script>'],
    [404, 'GET', '/../package.json'],
    [404, 'GET', `/${'a'.repeat(8_000)}`],
  ])('%d to %s %s', async (status, method, path, wire) => {
    const answer = await call(method, path, wire)
    expect(answer.status, answer.body).toBe(status)
    expectStrict(answer)
    expect(answer.body).not.toMatch(/<script/)
  })

  it('429, too', async () => {
    const fire = () => call('POST', `${hooks}/fire`, { headers: json, body: '{' })
    const answers = await Promise.all(Array.from({ length: 61 }, fire))
    for (const answer of answers) expectStrict(answer)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  })

  it('and so are the pages', async () => {
    expectStrict(await call('GET', unsubscribe), strictPage)
    expectStrict(await call('POST', unsubscribe), strictPage)
    expectStrict(await call('GET', `${unsubscribe}x`), strictPage)
  })

  it.each([
    ['GARBAGE\r\n\r\n', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n',
    ],
  ])('what is no HTTP gets nothing but a status: %#', async (sent, answered) => {
    const socket = connect(gemherald.address.port, '127.0.0.1')
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.write(sent)
    await once(socket, 'close')
    expect(got).toBe(answered)
  })
})

describe('what breaks in here', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const secretError = () =>
    Object.assign(new Error('the secret cause'), { status: 500, headers: { Via: 'secret' } })
  const failures: [what: string, status: number, fails: RequestHandler][] = [
    [
      'throws',
      500,
      () => {
        throw secretError()
      },
    ],
    [
      'rejects',
      500,
      async () => {
        throw secretError()
      },
    ],
    ['passes an error on', 500, (_req, _res, next) => next(secretError())],
    [
      'throws a text',
      500,
      () => {
        throw 'the secret cause'
      },
    ],
    [
      'throws what is no error',
      500,
      () => {
        throw { message: 'the secret cause', statusCode: 200 }
      },
    ],
    [
      'refuses a request',
      400,
      () => {
        throw Object.assign(new Error('the secret cause'), { status: 400 })
      },
    ],
  ]
  const environments = [undefined, 'development', 'production']

  it.each(
    environments.flatMap((environment) => failures.map((failure) => [environment, ...failure] as const)),
  )('shows no trace of itself with NODE_ENV %s: it %s', async (environment, _what, status, fails) => {
    vi.stubEnv('NODE_ENV', environment)
    const logged: string[] = []
    const port = await serve(appWith(fails, logged))
    const answer = await ask(port.number, 'GET', '/', { key: null })
    await port.close()
    expect(answer.status).toBe(status)
    expectStrict(answer)
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(answer.headers['Content-Type']).toBe('application/json; charset=utf-8')
    expect(logged.join('')).toEqual(status === 500 ? expect.stringContaining('the secret cause') : '')
  })

  it('ends an answer that was begun', async () => {
    const port = await serve(
      appWith((_req, res) => {
        res.write('half')
        throw secretError()
      }, []),
    )
    const answer = ask(port.number, 'GET', '/', { key: null })
    await expect(answer).rejects.toThrow(/aborted|hang up/)
    await port.close()
  })
})

function appWith(fails: RequestHandler, logged: string[]): RequestListener {
  const none = Router()
  const log = pino({}, { write: (line: string) => logged.push(line) })
  const parts = {
    receive: none,
    catalog: none,
    api: none,
    feeds: none,
    web: none,
    unsubscribe: none,
    health: none,
    metrics: none,
  }
  return createApp({ ...parts, manage: Router().use(fails), log })
}
