import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { key, openStage, otherKey, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
})

afterAll(() => api.close())

const denied = {
  status: 401,
  headers: {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'private, no-store',
    'Surrogate-Control': 'max-age=0',
    Vary: 'Authorization',
  },
  body: 'Access Denied. Please sign up for an account at https://rubygems.org',
}

// protocol/rubygems-webhooks.md §2.2 and §2.3
describe('authentication', () => {
  it.each([key, `Bearer ${key}`, `bearer  ${key}`])('takes %j', async (authorization) => {
    const headers = { Authorization: authorization }
    expect(await api.call('GET', '/api/v1/web_hooks.json', { key: null, headers })).toMatchObject({
      status: 200,
    })
  })

  it.each(['', 'wrong', `${key}x`, `Basic ${key}`, 'Bearer', `Bearer ${key}x`, `Bearer Bearer ${key}`])(
    'refuses %j',
    async (authorization) => {
      const headers = { Authorization: authorization }
      expect(await api.call('GET', '/api/v1/web_hooks.json', { key: null, headers })).toEqual(denied)
    },
  )

  it.each([
    ['GET', '/api/v1/web_hooks'],
    ['GET', '/api/v1/web_hooks.json'],
    ['GET', '/api/v1/web_hooks.yaml'],
    ['GET', '/api/v1/web_hooks.xml'],
    ['POST', '/api/v1/web_hooks'],
    ['POST', '/api/v1/web_hooks.json?gem_name=no-such-gem'],
    ['DELETE', '/api/v1/web_hooks/remove'],
    ['POST', '/api/v1/web_hooks/fire'],
  ])('comes before gem, URL and format: %s %s', async (method, path) => {
    expect(await api.call(method, path, { key: null })).toEqual(denied)
  })

  it('refuses a revoked key', async () => {
    expect(await api.call('GET', '/api/v1/web_hooks.json', { key: otherKey })).toMatchObject({ status: 200 })
    api.temp.ledger.accounts.revokeKeys(api.temp.account('second'), 'second', null, 1)
    expect(await api.call('GET', '/api/v1/web_hooks.json', { key: otherKey })).toEqual(denied)
  })

  it('asks nobody about gems for a stranger', async () => {
    await api.call('POST', '/api/v1/web_hooks?gem_name=sinatra&url=http://example.com', { key: 'wrong' })
    expect(api.upstream.asked).toEqual([])
  })
})

describe('the order of checks', () => {
  it.each([
    ['POST', '/api/v1/web_hooks'],
    ['DELETE', '/api/v1/web_hooks/remove'],
    ['POST', '/api/v1/web_hooks/fire'],
  ])('is gem, then URL: %s %s', async (method, path) => {
    const stopped = {
      'Cache-Control': 'private, no-store',
      'Surrogate-Control': 'max-age=0',
      Vary: 'Authorization',
    }
    const noGem = {
      status: 404,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', ...stopped },
      body: 'This gem could not be found',
    }
    const noUrl = {
      status: 400,
      headers: { 'Content-Type': 'application/json; charset=utf-8', ...stopped },
      body: '{"error":"URL was not provided"}',
    }
    expect(await api.call(method, path)).toEqual(noGem)
    expect(await api.call(method, `${path}?gem_name=`)).toEqual(noGem)
    expect(await api.call(method, `${path}?gem_name=no-such-gem`)).toEqual(noGem)
    expect(await api.call(method, `${path}?url=http://example.com`)).toEqual(noGem)
    expect(await api.call(method, `${path}?gem_name=RAILS&url=http://example.com`)).toEqual(noGem)
    expect(await api.call(method, `${path}?gem_name=rails`)).toEqual(noUrl)
    expect(await api.call(method, `${path}?gem_name=*`)).toEqual(noUrl)
    expect(await api.call(method, `${path}.yaml?gem_name=rails&url`)).toEqual(noUrl)
  })
})
