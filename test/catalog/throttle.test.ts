import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askerOf } from '../../src/catalog/throttle.js'
import { openStage, type Stage } from './stage.js'

let api: Stage
beforeAll(async () => {
  api = await openStage()
})
afterAll(() => api.close())

const routes = [
  'search.json?query=a',
  'search.yaml?query=a',
  'search/autocomplete?query=a',
  'search/autocomplete.json',
]

async function statuses(times: number, headers: Record<string, string>): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: times }, (_, i) =>
      api.ask(`/api/v1/${routes[i % routes.length]}`, { Accept: '*/*', ...headers }),
    ),
  )
  return [...new Set(answers.map(({ status }) => status))]
}

// protocol/rubygems-api.md §3
describe('the throttle of searches', () => {
  it('lets 100 a minute through for an address that a proxy here names', async () => {
    const asker = { 'X-Forwarded-For': '203.0.113.7' }
    expect(await statuses(100, asker)).toEqual([200])
    for (const route of routes)
      expect(await api.ask(`/api/v1/${route}`, asker)).toMatchObject({
        status: 429,
        headers: {
          'Content-Type': 'text/plain',
          'Retry-After': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/),
        },
        body: 'Retry later\n',
      })
    expect(await statuses(4, { 'X-Forwarded-For': '203.0.113.7, 203.0.113.8' })).toEqual([200])
    expect(await statuses(4, { 'X-Forwarded-For': '203.0.113.8, 203.0.113.7' })).toEqual([429])
    expect((await api.ask('/api/v1/gems/rails.json', asker)).status).toBe(404)
  })

  it('lets everything through from this machine', async () => {
    expect(await statuses(240, {})).toEqual([200])
  })
})

describe('whom a search is counted for', () => {
  it.each<[peer: string | undefined, forwarded: string | undefined, asker: string | null]>([
    ['127.0.0.1', undefined, null],
    ['127.8.8.8', undefined, null],
    ['::1', undefined, null],
    ['::ffff:127.0.0.1', undefined, null],
    ['127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['::ffff:127.0.0.1', '1.1.1.1, 203.0.113.7 ', '203.0.113.7'],
    ['::1', '2001:db8:1:2::7', '2001:db8:1::/56'],
    ['127.0.0.1', 'x', 'unknown'],
    ['127.0.0.1', '', 'unknown'],
    ['127.0.0.1', '203.0.113.7,', 'unknown'],
    ['203.0.113.7', undefined, '203.0.113.7'],
    ['203.0.113.7', '127.0.0.1', '203.0.113.7'],
    ['10.0.0.1', '203.0.113.7', '10.0.0.1'],
    ['2001:db8:1:2::7', '127.0.0.1', '2001:db8:1::/56'],
    [undefined, '127.0.0.1', ''],
  ])('is, when %s asks for %s, %j', (remoteAddress, forwarded, asker) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    expect(askerOf({ socket: { remoteAddress }, headers } as Parameters<typeof askerOf>[0])).toBe(asker)
  })
})
