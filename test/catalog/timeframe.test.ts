import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { testTime } from '../helpers/temp-ledger.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  // Heard of in another order than pushed.
  for (const minutes of [30, 10, 20]) api.push('order', `1.0.${minutes}`, minutesAgo(minutes))
  api.push('order', '1.0.21', minutesAgo(20), { platform: 'java' })
  api.yank('order', '1.0.10')
  const week = 7 * 24 * 60
  for (let i = 0; i < 65; i += 1) api.push('paged', `1.0.${i}`, minutesAgo(2 * week - i))
})

afterAll(() => api.close())

const path = '/api/v1/timeframe_versions'
const iso = (minutes: number) => new Date(minutesAgo(minutes)).toISOString()
const numbers = async (query: string) =>
  ((await api.json(`${path}.json?${query}`)) as { number: string }[]).map(({ number }) => number)

describe('GET timeframe_versions', () => {
  it('lists what was pushed in a window, by creation, yanked since or not', async () => {
    expect(await numbers(`from=${iso(60)}&to=${iso(0)}`)).toEqual(['1.0.30', '1.0.20', '1.0.21', '1.0.10'])
    expect(await api.json(`${path}.json?from=${iso(10)}`)).toMatchObject([
      { name: 'order', version: '1.0.10', yanked: true, created_at: iso(10), version_created_at: iso(10) },
    ])
  })

  it('includes both ends', async () => {
    expect(await numbers(`from=${iso(30)}&to=${iso(20)}`)).toEqual(['1.0.30', '1.0.20', '1.0.21'])
    expect(await numbers(`from=${iso(30)}&to=${iso(30)}`)).toEqual(['1.0.30'])
    const after = new Date(minutesAgo(30) + 1).toISOString()
    const before = new Date(minutesAgo(20) - 1).toISOString()
    expect(await numbers(`from=${after}&to=${before}`)).toEqual([])
  })

  it('goes on until now when no end is given', async () => {
    expect(await numbers(`from=${iso(15)}`)).toEqual(['1.0.10'])
    expect(await numbers(`from=${iso(15)}&to=`)).toEqual(['1.0.10'])
    expect(await numbers(`from=${iso(0)}`)).toEqual([])
  })

  it('gives each the keys of gem and version', async () => {
    const [release] = (await api.json(`${path}.json?from=${iso(30)}`)) as object[]
    expect(Object.keys(release ?? {})).toHaveLength(34)
    expect(Object.keys(release ?? {}).slice(23, 26)).toEqual(['dependencies', 'built_at', 'created_at'])
  })

  it('says the same in YAML', async () => {
    const query = `from=${iso(60)}&to=${iso(0)}`
    const yaml = await api.ask(`${path}.yaml?${query}`)
    expect(parse(yaml.body, { version: '1.1' })).toEqual(await api.json(`${path}.json?${query}`))
    expect(yaml.headers['Cache-Control']).toBe('max-age=0, private, must-revalidate')
  })

  it('pages by 30 until a page is empty', async () => {
    const window = `from=${iso(20_160)}&to=${iso(20_000)}`
    const pages = await Promise.all([1, 2, 3, 4, 1000].map((page) => numbers(`${window}&page=${page}`)))
    expect(pages.map((page) => page.length)).toEqual([30, 30, 5, 0, 0])
    expect(pages.flat()).toEqual(Array.from({ length: 65 }, (_, i) => `1.0.${i}`))
    expect(await numbers(window)).toEqual(pages[0])
    expect(await numbers(`${window}&page=`.replace('page=', 'page=0002'))).toEqual(pages[1])
  })

  it.each(['0', '1001', '-1', 'x', '', '1.5', '2x', '99999999999999999999'])(
    'leads from page %j to the first',
    async (page) => {
      const answer = await api.ask(`${path}.json?to=${iso(0)}&page=${page}&from=${iso(60)}&other=1`)
      expect(answer).toMatchObject({ status: 302, body: '' })
      const location = answer.headers.Location ?? ''
      expect(location).toBe(`${path}.json?${new URLSearchParams({ from: iso(60), page: '1', to: iso(0) })}`)
      expect((await api.ask(location)).status).toBe(200)
    },
  )

  it('leads from a page that is no text to the first, before anything else is looked at', async () => {
    expect((await api.ask(`${path}.yaml?page[]=2&from=x`)).headers.Location).toBe(
      `${path}.yaml?from=x&page=1`,
    )
  })

  const missing = "Request is missing param 'from'"
  const badFrom = 'the from parameter must be iso8601 formatted'
  const badTo = 'the "to" parameter must be iso8601 formatted'
  const tooLong = 'the supplied query time range cannot exceed 7 days'
  const turned = 'the starting time parameter must be before the ending time parameter'

  it.each([
    ['', missing],
    ['from=', missing],
    ['from=%20', missing],
    ['from', missing],
    [`to=${iso(0)}`, missing],
    ['from=2026-08-31', badFrom],
    ['from=yesterday', badFrom],
    ['from[]=2026-08-31T00:00:00Z', badFrom],
    ['from=2026-08-31T25:00:00Z', badFrom],
    ['from=2026-08-31T10:00Z', badFrom],
    ['from=2026-08-31T10:00:00+02:00', badFrom],
    ['from=1788220800', badFrom],
    [`from=${iso(1)}&to=2026-09-01`, badTo],
    [`from=${iso(1)}&to=x`, badTo],
    [`from=${iso(1)}&to[a]=x`, badTo],
    ['to=x', badTo],
    [`from=${iso(0)}&to=${iso(1)}`, turned],
    ['from=2026-09-01T12:00:00.001Z', turned],
    ['from=2026-08-25T11:59:59Z', tooLong],
    ['from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:01Z', tooLong],
    ['from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z', tooLong],
  ])('refuses %j', async (query, error) => {
    for (const suffix of ['json', 'yaml']) {
      const answer = await api.ask(`${path}.${suffix}?${query}`)
      expect(answer).toMatchObject({ status: 400, body: JSON.stringify({ error }) })
      expect(answer.headers['Content-Type']).toBe('application/json; charset=utf-8')
    }
  })

  it.each([
    'from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00.999Z',
    'from=2026-01-01T00:00:00&to=2026-01-01t00:00:00z',
    'from=2026-01-01T00:00:00.123456789Z&to=2026-01-01T01:00:01%2B0100',
    'from=2026-01-01T00:00:00%2B05:30&to=2026-01-01T00:00:00-08:00',
  ])('takes %s', async (query) => {
    expect((await api.ask(`${path}.json?${query}`)).status).toBe(200)
  })

  it('understands time zones', async () => {
    const local = (at: number) => new Date(at + 330 * 60_000).toISOString().replace('Z', '%2B05:30')
    expect(await numbers(`from=${local(minutesAgo(10))}&to=${local(testTime)}`)).toEqual(['1.0.10'])
  })

  it('wants a suffix', async () => {
    expect((await api.ask(`${path}?from=${iso(1)}`, { Accept: '*/*' })).body).toBe('nothing here')
  })
})
