import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { key, openStage, otherKey, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
})

afterAll(() => api.close())

const create = (gem_name: string, url: string) => api.post('/api/v1/web_hooks', { gem_name, url })

const remove = (parameters: Record<string, string>, useKey = key) =>
  api.call('DELETE', `/api/v1/web_hooks/remove?${new URLSearchParams(parameters)}`, { key: useKey })

const answered = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'private, no-store',
  'Surrogate-Control': 'max-age=0',
  Vary: 'Authorization, Cookie',
}

const nothingThere = {
  status: 404,
  headers: answered,
  body: 'No such webhook exists under your account.',
}

// protocol/rubygems-webhooks.md §3.3
describe('DELETE /api/v1/web_hooks/remove', () => {
  it('removes a hook on a gem, once', async () => {
    await create('rails', 'http://example.com')
    expect(await remove({ gem_name: 'rails', url: 'http://example.com' })).toEqual({
      status: 200,
      headers: answered,
      body: 'Successfully removed webhook for rails to http://example.com',
    })
    expect(await remove({ gem_name: 'rails', url: 'http://example.com' })).toEqual(nothingThere)
  })

  it('removes a hook on all gems, and no other', async () => {
    await create('*', 'http://example.com')
    await create('rails', 'http://example.com')
    expect(await remove({ gem_name: '*', url: 'http://example.com' })).toMatchObject({
      status: 200,
      body: 'Successfully removed webhook for all gems to http://example.com',
    })
    expect(api.temp.ledger.hooks.list(api.temp.account())).toMatchObject([{ gemName: 'rails' }])
  })

  it.each([
    'http://EXAMPLE.com/a',
    'http://example.com/a/',
    'http://example.com:80/a',
    'http://example.com/%61',
  ])('compares URLs byte for byte: %s is another one', async (url) => {
    await create('rails', 'http://example.com/a')
    expect(await remove({ gem_name: 'rails', url })).toEqual(nothingThere)
  })

  it('does not remove the hook of another account', async () => {
    await create('rails', 'http://example.com/mine')
    const hook = { gem_name: 'rails', url: 'http://example.com/mine' }
    expect(await remove(hook, otherKey)).toEqual(nothingThere)
    expect(await remove(hook)).toMatchObject({ status: 200 })
  })

  it('tells an unknown gem from an unknown hook', async () => {
    expect(await remove({ gem_name: 'no-such-gem', url: 'http://example.com' })).toMatchObject({
      status: 404,
      headers: { ...answered, Vary: 'Authorization' },
      body: 'This gem could not be found',
    })
  })

  it('wants a URL', async () => {
    expect(await remove({ gem_name: 'rails' })).toMatchObject({
      status: 400,
      headers: { 'Content-Type': 'application/json; charset=utf-8', Vary: 'Authorization' },
      body: '{"error":"URL was not provided"}',
    })
  })

  it('removes what no rule would let in any more', async () => {
    const accountId = api.temp.account()
    const url = 'http://10.0.0.1/now-refused'
    api.temp.ledger.hooks.create({ accountId, gemName: 'rails', url, channel: 'webhook' }, 0)
    expect(await remove({ gem_name: 'rails', url })).toMatchObject({ status: 200 })
  })

  it('removes a hook whose gem the upstream has never known', async () => {
    api.upstream.fail({ status: 500 })
    await create('taken-on-trust', 'http://example.com')
    api.upstream.fail(null)
    expect(await remove({ gem_name: 'taken-on-trust', url: 'http://example.com' })).toMatchObject({
      status: 200,
    })
    expect(await remove({ gem_name: 'taken-on-trust', url: 'http://example.com' })).toMatchObject({
      status: 404,
    })
  })

  it('logs no more of the URL than its host', async () => {
    await create('rails', 'https://hooks.slack.com/services/token')
    api.logged.length = 0
    await remove({ gem_name: 'rails', url: 'https://hooks.slack.com/services/token' })
    expect(api.logged).toMatchObject([{ msg: 'hook removed', gem: 'rails', host: 'hooks.slack.com' }])
    expect(JSON.stringify(api.logged)).not.toContain('token')
  })
})
