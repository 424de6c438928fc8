import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { key, openStage, otherKey, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
})

afterAll(() => api.close())

const fire = (useKey: string | null, path = '/api/v1/web_hooks/fire') =>
  api.call('POST', path, { key: useKey, headers: { 'Content-Type': 'application/json' }, body: '{"broken":' })

async function statuses(times: number, useKey: string | null): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: times }, () => fire(useKey)))
  return [...new Set(answers.map(({ status }) => status))]
}

// protocol/rubygems-webhooks.md §2.3: the throttle comes before everything, broken requests count too.
describe('the throttle of fire', () => {
  it('lets 60 a minute through for a key', async () => {
    expect(await statuses(60, key)).toEqual([400])
    const answer = await fire(key, '/api/v1/web_hooks/fire.json?gem_name=rails&url=http://127.0.0.1:9')
    expect(answer).toEqual({
      status: 429,
      headers: { 'Content-Type': 'text/plain', 'Retry-After': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) },
      body: 'Retry later\n',
    })
  })

  it('counts a key the same, however it is sent', async () => {
    expect((await fire(`Bearer ${key}`)).status).toBe(429)
  })

  it('leaves other keys and other calls alone', async () => {
    expect((await fire(otherKey)).status).toBe(400)
    expect((await api.call('GET', '/api/v1/web_hooks.json')).status).toBe(200)
    expect(
      (await api.post('/api/v1/web_hooks', { gem_name: 'rails', url: 'http://example.com' })).status,
    ).toBe(201)
  })

  it('counts callers without a valid key by address', async () => {
    expect(await statuses(30, null)).toEqual([400])
    expect(await statuses(30, 'wrong')).toEqual([400])
    expect((await fire('another wrong one')).status).toBe(429)
    expect((await fire(otherKey)).status).toBe(400)
  })
})
