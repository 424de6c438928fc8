import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFireLimit } from '../../src/manage/fire-limit.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'

describe('the 60 fires a minute', () => {
  let server: TestGemherald
  beforeEach(async () => {
    server = await startGemherald()
  })
  afterEach(() => server.remove())

  const fields = { gem: 'rails', gem_name: 'rails', url: 'inbox:demo' }
  const post = (path: string, headers: Record<string, string>, other: Record<string, string> = {}) => {
    const { gem, ...api } = fields
    const body = new URLSearchParams(path === '/hooks/fire' ? { gem, url: api.url, ...other } : api)
    return fetch(server.url + path, { method: 'POST', headers, body, redirect: 'manual' })
  }
  /** Somebody who is signed in: what their forms send. */
  const signedIn = async (answer: Promise<Response>) => {
    const cookie = (await answer).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const page = await (await fetch(`${server.url}/hooks`, { headers: { cookie } })).text()
    return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' }
  }
  const withKey = () =>
    fetch(`${server.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ key: apiKey }),
      redirect: 'manual',
    })

  it.each([
    ['/api/v1/web_hooks/fire', '/api/v1/fire.json'],
    ['/api/v1/fire.json', '/hooks/fire'],
    ['/hooks/fire', '/api/v1/web_hooks/fire'],
  ])('are the same for every way to fire: used up at %s, there are none left at %s', async (first, then) => {
    const { cookie, csrf } = await signedIn(withKey())
    const fire = (path: string) =>
      post(path, path === '/hooks/fire' ? { cookie } : { authorization: apiKey }, { csrf })
    const answers = await Promise.all(Array.from({ length: 60 }, () => fire(first)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const late = await fire(then)
    expect(late.status).toBe(429)
    expect(late.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/)
  })

  it('are the account’s oldest key’s for whoever is signed in with a link', async () => {
    const { cookie, csrf } = await signedIn(fetch(server.signInLink()))
    const fire = () => post('/api/v1/fire.json', { authorization: apiKey })
    await Promise.all(Array.from({ length: 60 }, fire))
    expect((await post('/hooks/fire', { cookie }, { csrf })).status).toBe(429)
  })
})

describe('the limit', () => {
  it('lets 60 through from the first on, and again when a minute is over', () => {
    let now = 5_000
    const limit = createFireLimit(() => now)
    for (let count = 0; count < 60; count++) expect(limit.count('a')).toBeNull()
    now += 1_500
    expect([limit.count('a'), limit.count('b')]).toEqual([59, null])
    now += 58_499
    expect(limit.count('a')).toBe(1)
    now += 1
    expect(limit.count('a')).toBeNull()
  })
})
