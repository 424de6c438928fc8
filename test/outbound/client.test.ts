import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'
import { checkReachable } from '../../src/outbound/guard.js'
import type { Lookup } from '../../src/outbound/lookup.js'
import { knowing, loopback, nothing, unwrap } from '../helpers/outbound-parts.js'
import { type Listener, serveHttp } from '../helpers/outbound-servers.js'

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: Record<string, unknown>
  body: string
}

let seen: Seen[]
let server: Listener
let outbound: Outbound
let base: string

beforeEach(async () => {
  seen = []
  server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    response
      .writeHead(
        200,
        [
          ['x-one', '1'],
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ].flat(),
      )
      .end('hello')
  })
  base = `http://127.0.0.1:${server.port}`
  outbound = createOutbound({ allow: loopback, userAgent: 'gemherald/test' })
})

afterEach(async () => {
  await outbound.close()
  await server.close()
})

describe('an exchange', () => {
  it('sends method, path, headers and body, and returns status, headers and body', async () => {
    const headers = { 'Content-Type': 'application/json', 'X-Own': 'yes' }
    const answer = unwrap(
      await outbound.request({
        url: `${base}/a%20b/../c?q=1&r=%2F#part`,
        method: 'POST',
        headers,
        body: '{"ä":1}',
      }),
    )
    expect(answer).toMatchObject({
      status: 200,
      truncated: false,
      headers: { 'x-one': '1', 'set-cookie': 'a=1, b=2' },
    })
    expect(answer.body.toString()).toBe('hello')
    expect(seen).toMatchObject([{ method: 'POST', url: '/c?q=1&r=%2F', body: '{"ä":1}' }])
    expect(seen[0]?.headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      'user-agent': 'gemherald/test',
      'content-type': 'application/json',
      'content-length': '8',
      'x-own': 'yes',
      'accept-encoding': 'identity',
    })
  })

  it.each(['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'POST'] as const)(
    'can be a %s without a body',
    async (method) => {
      expect(await outbound.request({ url: base, method })).toMatchObject({
        ok: true,
        value: { status: 200 },
      })
      expect(seen).toMatchObject([{ method, url: '/', body: '' }])
    },
  )

  it('takes a user agent from the caller, but never asks for compression', async () => {
    const headers = { 'User-Agent': 'other', 'Accept-Encoding': 'gzip' }
    await outbound.request({ url: base, method: 'GET', headers })
    expect(seen[0]?.headers).toMatchObject({ 'user-agent': 'other', 'accept-encoding': 'identity' })
  })

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    for (let i = 0; i < 50; i++) await outbound.request({ url: base, method: 'GET' })
    expect(timers()).toBeLessThan(before + 25)
  })

  it('rejects when it is called wrongly, that is a bug and no trouble of the network', async () => {
    const request = { url: base, method: 'POST', headers: { 'x-bad': 'a\r\nb' } } as const
    await expect(outbound.request(request)).rejects.toThrow('invalid x-bad header')
    expect(server.connections()).toBe(0)
  })
})

describe('userinfo', () => {
  it.each([
    ['user:pass', 'user:pass'],
    ['user', 'user:'],
    [':pass', ':pass'],
    ['us%20er:p%40s%3As', 'us er:p@s:s'],
    ['ä:ö', 'ä:ö'],
  ])('%s is sent as Basic authorization and nowhere else', async (userinfo, credentials) => {
    await outbound.request({ url: `http://${userinfo}@127.0.0.1:${server.port}/x`, method: 'GET' })
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    expect(seen).toMatchObject([{ url: '/x', headers: { authorization, host: `127.0.0.1:${server.port}` } }])
  })

  it('gives way to an authorization of the caller', async () => {
    const url = `http://user:pass@127.0.0.1:${server.port}/`
    await outbound.request({ url, method: 'GET', headers: { Authorization: 'abc' } })
    expect(seen[0]?.headers.authorization).toBe('abc')
  })

  it('is not sent when there is none', async () => {
    await outbound.request({ url: base, method: 'GET' })
    expect(seen[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('names', () => {
  const url = () => `http://name.test:${server.port}/`

  it('are resolved by the given resolver, and reached where allowed', async () => {
    const named = createOutbound({
      allow: loopback,
      userAgent: 't',
      lookup: knowing({ 'name.test': ['127.0.0.1'] }),
    })
    expect(await named.request({ url: url(), method: 'GET' })).toMatchObject({ ok: true })
    expect(seen[0]?.headers.host).toBe(`name.test:${server.port}`)
    await named.close()
  })

  it('are resolved by the system otherwise', async () => {
    expect(await outbound.request({ url: `http://localhost:${server.port}/`, method: 'GET' })).toMatchObject({
      ok: true,
    })
  })

  it.each([
    ['private only', ['127.0.0.1']],
    ['public first', ['93.184.215.14', '127.0.0.1']],
    ['private first', ['127.0.0.1', '93.184.215.14']],
    ['one of each family', ['2606:4700:4700::1111', '127.0.0.1']],
  ])('with a forbidden address are refused whole: %s', async (_, addresses) => {
    const named = createOutbound({
      allow: nothing,
      userAgent: 't',
      lookup: knowing({ 'name.test': addresses }),
    })
    const message = expect.stringContaining('name.test has an address that is not on the public internet')
    expect(await named.request({ url: url(), method: 'POST', body: 'x' })).toEqual({
      ok: false,
      problem: { code: 'forbidden', message },
    })
    expect(server.connections()).toBe(0)
    await named.close()
  })

  it('that change their address after the check are caught when connecting', async () => {
    const answers = [['93.184.215.14'], ['127.0.0.1']]
    const rebinding: Lookup = (name) => knowing({ 'name.test': answers.shift() ?? [] })(name)
    expect(await checkReachable(url(), nothing, rebinding)).toMatchObject({ ok: true })
    const named = createOutbound({ allow: nothing, userAgent: 't', lookup: rebinding })
    expect(await named.request({ url: url(), method: 'GET' })).toMatchObject({
      problem: { code: 'forbidden' },
    })
    expect([server.connections(), answers]).toEqual([0, []])
    await named.close()
  })

  it.each([
    ['unknown', knowing({}), 'name.test does not resolve (ENOTFOUND)'],
    ['empty', knowing({ 'name.test': [] }), 'name.test does not resolve (no addresses)'],
  ])('that do not resolve are unavailable: %s', async (_, lookup, message) => {
    const named = createOutbound({ allow: loopback, userAgent: 't', lookup })
    expect(await named.request({ url: url(), method: 'GET' })).toEqual({
      ok: false,
      problem: { code: 'unavailable', message },
    })
    await named.close()
  })

  it('and a broken resolver is a bug', async () => {
    const lookup = () => Promise.reject(new TypeError('not a function'))
    const named = createOutbound({ allow: loopback, userAgent: 't', lookup })
    await expect(named.request({ url: url(), method: 'GET' })).rejects.toThrow('not a function')
    await named.close()
  })
})
