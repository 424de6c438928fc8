import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Stage, type WireAnswer } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  api.upstream.add('sinatra')
})

afterAll(() => api.close())

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const json = { 'Content-Type': 'application/json' }
const multipart = { 'Content-Type': 'multipart/form-data; boundary=XX' }

const part = (name: string, value: string) =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const parts = (...fields: string[]) => `${fields.join('')}--XX--\r\n`

const path = '/api/v1/web_hooks/remove'

/** What gem and URL a request was read to be about: a removal of nothing tells, in four ways. */
async function read(query: string, headers: Record<string, string>, body?: string | Buffer): Promise<string> {
  const url = 'http://example.com/x'
  const accountId = api.temp.account()
  for (const gemName of ['rails', 'sinatra', '*'])
    api.temp.ledger.hooks.create({ accountId, gemName, url, channel: 'webhook' }, 0)
  const answer = await api.call(
    'DELETE',
    `${path}${query}`,
    body === undefined ? { headers } : { headers, body },
  )
  return answer.body
}

const removed = (gem: string) => `Successfully removed webhook for ${gem} to http://example.com/x`
const encoded = 'http%3A%2F%2Fexample.com%2Fx'

// protocol/rubygems-webhooks.md §2.1
describe('parameters', () => {
  it.each<[string, string, Record<string, string>, string | undefined]>([
    ['query', `?gem_name=rails&url=${encoded}`, {}, undefined],
    [
      'query with an empty form body',
      `?gem_name=rails&url=${encoded}`,
      { ...form, 'Content-Length': '0' },
      undefined,
    ],
    ['query with an empty multipart body', `?gem_name=rails&url=${encoded}`, multipart, ''],
    ['query, written plainly', '?gem_name=rails&url=http://example.com/x', {}, undefined],
    ['form', '', form, `gem_name=rails&url=${encoded}`],
    [
      'form with a charset',
      '',
      { 'Content-Type': `${form['Content-Type']}; charset=utf-8` },
      `gem_name=rails&url=${encoded}`,
    ],
    ['form without a type', '', {}, `gem_name=rails&url=${encoded}`],
    ['multipart', '', multipart, parts(part('gem_name', 'rails'), part('url', 'http://example.com/x'))],
    ['JSON', '', json, '{"gem_name":"rails","url":"http://example.com/x","more":[{"x":null}]}'],
    [
      'JSON with a charset',
      '',
      { 'Content-Type': 'Application/JSON;charset=utf-8' },
      '{"gem_name":"rails","url":"http://example.com/x"}',
    ],
    ['query and form', '?gem_name=rails', form, `url=${encoded}`],
    ['the last of several', `?gem_name=no-such-gem&gem_name=rails&url=x&url=${encoded}`, {}, undefined],
    [
      'the last of several fields',
      '',
      multipart,
      parts(part('gem_name', 'x'), part('gem_name', 'rails'), part('url', 'http://example.com/x')),
    ],
    ['the other spelling', `?rubygem_name=rails&url=${encoded}`, {}, undefined],
    ['the better spelling', `?rubygem_name=sinatra&gem_name=rails&url=${encoded}`, {}, undefined],
    [
      'the other spelling where the better one is no text',
      '',
      json,
      '{"gem_name":["x"],"rubygem_name":"rails","url":"http://example.com/x"}',
    ],
  ])('come from %s', async (_what, query, headers, body) => {
    expect(await read(query, headers, body)).toBe(removed('rails'))
  })

  it.each<[string, Record<string, string>, string]>([
    ['form', form, `gem_name=sinatra&url=${encoded}`],
    ['multipart', multipart, parts(part('gem_name', 'sinatra'), part('url', 'http://example.com/x'))],
    ['JSON', json, '{"gem_name":"sinatra","url":"http://example.com/x"}'],
  ])('in the query win over %s', async (_what, headers, body) => {
    expect(await read('?gem_name=rails', headers, body)).toBe(removed('rails'))
    expect(await read('?gem_name=', headers, body)).toBe('This gem could not be found')
    expect(await read('?gem_name', headers, body)).toBe('This gem could not be found')
    expect(await read('?url', headers, body)).toBe('{"error":"URL was not provided"}')
    expect(await read('?other=rails', headers, body)).toBe(removed('sinatra'))
  })

  it.each<[string, Record<string, string>, string]>([
    ['a type that is not read', { 'Content-Type': 'text/plain' }, `gem_name=rails&url=${encoded}`],
    ['a JSON list', json, '["rails"]'],
    ['a JSON text', json, '"rails"'],
    ['JSON null', json, 'null'],
    ['values that are no texts', json, '{"gem_name":{"a":1},"url":false}'],
    ['names of another case', json, '{"GEM_NAME":"rails"}'],
    ['the prototype', json, '{"__proto__":{"gem_name":"rails","url":"x"}}'],
    ['no fields', multipart, '--XX--\r\n'],
  ])('are absent in %s', async (_what, headers, body) => {
    expect(await read('', headers, body)).toBe('This gem could not be found')
  })

  it('take numbers in JSON for their digits', async () => {
    api.upstream.fail({ status: 500 })
    expect(await read('?gem_name=x', json, '{"url":5}')).toBe('No such webhook exists under your account.')
    api.upstream.fail(null)
  })

  it.each([
    [`?gem_name=rails&url=http://example.com/caf%C3%A9+a%2Bb`, 'http://example.com/café a+b'],
    [`?gem_name=rails&url=http://example.com/?a=b=c`, 'http://example.com/?a=b=c'],
    [`?gem_name=rails&url=http://example.com/?a%26b`, 'http://example.com/?a&b'],
    [`?&&gem_name=rails&&url=http://example.com/%25&`, 'http://example.com/%'],
  ])('are decoded: %j', async (query, url) => {
    api.temp.ledger.hooks.create(
      { accountId: api.temp.account(), gemName: 'rails', url, channel: 'webhook' },
      0,
    )
    expect(await read(query, {})).toBe(`Successfully removed webhook for rails to ${url}`)
  })
})

describe('a form', () => {
  it('may hold bytes of UTF-8 that the client did not encode', async () => {
    expect(
      await api.post('/api/v1/web_hooks', { gem_name: 'rails', url: 'http://example.com/é' }),
    ).toMatchObject({
      status: 201,
    })
    expect(await read('', form, 'gem_name=rails&url=http://example.com/é')).toBe(
      'Successfully removed webhook for rails to http://example.com/é',
    )
  })
})

describe('what cannot be read', () => {
  const caching = {
    'Cache-Control': 'private, no-store',
    'Surrogate-Control': 'max-age=0',
    Vary: 'Authorization',
  }
  const badRequest: WireAnswer = {
    status: 400,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...caching },
    body: '{"status":400,"error":"Bad Request"}',
  }

  it.each<[string, string, Record<string, string>, string | Buffer | undefined]>([
    ['broken JSON', '', json, '{"gem_name":'],
    ['JSON of blanks', '', json, '  '],
    ['JSON that is not UTF-8', '', json, Buffer.from('{"gem_name":"\xff"}', 'latin1')],
    ['half a character in JSON', '', json, '{"gem_name":"rails","url":"http://example.com/\\ud800"}'],
    ['a stray percent sign in the query', '?gem_name=%zz', {}, undefined],
    ['a stray percent sign in the form', '', form, 'gem_name=100%'],
    ['a query that is not UTF-8', '?gem_name=%ff', {}, undefined],
    ['a form that is not UTF-8', '', form, Buffer.from('gem_name=\xff', 'latin1')],
    [
      'a file where a field belongs',
      '',
      multipart,
      parts('--XX\r\nContent-Disposition: form-data; name="url"; filename="x"\r\n\r\nx\r\n'),
    ],
    ['multipart cut short', '', multipart, part('gem_name', 'rails')],
    ['multipart without a boundary', '', { 'Content-Type': 'multipart/form-data' }, 'x'],
    [
      'multipart of another kind',
      '',
      { 'Content-Type': 'multipart/mixed; boundary=XX' },
      parts(part('url', 'x')),
    ],
    [
      'multipart of many parts',
      '',
      multipart,
      parts(...Array.from({ length: 21 }, (_, i) => part(`f${i}`, 'x'))),
    ],
    ['a list of four thousand million in multipart', '', multipart, parts(part('a[4000000000]', 'x'))],
    ['an unknown encoding of the body', '', { ...form, 'Content-Encoding': 'zip' }, 'gem_name=rails'],
  ])('is answered with 400: %s', async (_what, query, headers, body) => {
    const wire = { key: null, headers, ...(body === undefined ? {} : { body }) }
    expect(await api.call('DELETE', `${path}.json${query}`, wire)).toEqual(badRequest)
    const accept = { ...headers, Accept: 'application/json' }
    expect(await api.call('DELETE', `${path}${query}`, { ...wire, headers: accept })).toEqual(badRequest)
    for (const others of [{}, { Accept: '*/*' }]) {
      const page = await api.call('DELETE', `${path}${query}`, {
        ...wire,
        headers: { ...headers, ...others },
      })
      expect(page).toMatchObject({ status: 400, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
      expect(page.body).toMatch(/^<!DOCTYPE html>/)
    }
  })

  it.each<[string, string, Record<string, string>, string | undefined]>([
    ['a value in the query', '?url=a%00b', {}, undefined],
    ['a name in the query', '?a%00b=c', {}, undefined],
    ['a NUL as Ruby prints it', '?url=a\\u0000b', {}, undefined],
    ['a value in the form', '', form, 'x=%00'],
    ['a field', '', multipart, parts(part('x', 'a\0b'))],
    ['JSON', '', json, '{"x":[{"y":"\\u0000"}]}'],
    ['a name in JSON', '', json, '{"\\u0000":1}'],
  ])('is answered with 400 before the key is looked at: NUL in %s', async (_what, query, headers, body) => {
    const wire = { key: null, headers, ...(body === undefined ? {} : { body }) }
    expect(await api.call('DELETE', `${path}${query}`, wire)).toEqual({
      ...badRequest,
      body: '{"error":"bad request"}',
    })
  })

  const big = 'x'.repeat(70_000)
  it.each<[string, Record<string, string>, string]>([
    ['form', form, `url=${big}`],
    ['JSON', json, `{"url":"${big}"}`],
    ['of no known type', { 'Content-Type': 'text/plain' }, big],
    ['multipart', multipart, parts(part('url', big))],
    [
      'multipart, each field small',
      multipart,
      parts(part('a', big.slice(0, 40_000)), part('b', big.slice(0, 40_000))),
    ],
    ['chunked multipart', { ...multipart, 'Transfer-Encoding': 'chunked' }, parts(part('url', big))],
  ])('is answered with 413: a large body, %s', async (_what, headers, body) => {
    expect(await api.call('POST', '/api/v1/web_hooks', { headers, body })).toEqual({
      ...badRequest,
      status: 413,
      body: '{"error":"The request\'s body is larger than 65536 bytes."}',
    })
  })

  it('is not JSON nested deeply, which is merely of no use', async () => {
    const body = '['.repeat(30_000) + ']'.repeat(30_000)
    expect(await read('', json, `{"gem_name":${body}}`)).toBe('This gem could not be found')
  })

  it('stops nothing after it', async () => {
    expect(await read(`?gem_name=*&url=${encoded}`, {})).toBe(removed('all gems'))
  })
})
