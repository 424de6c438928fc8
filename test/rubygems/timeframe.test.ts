import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Rubygems } from '../../src/rubygems/client.js'
import type { TimeframePage, TimeRange } from '../../src/rubygems/timeframe.js'
import { faults } from '../helpers/rubygems-org.js'
import { jsonAnswer, problem, type Stage, setStage, start, value } from './stage.js'

let stage: Stage
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  rubygems = stage.client()
})

afterEach(() => stage.close())

const hour = 3_600_000
const day = 24 * hour

async function pages(range: TimeRange): Promise<TimeframePage[]> {
  const read: TimeframePage[] = []
  for await (const page of rubygems.timeframe(range)) read.push(value(page))
  return read
}

const versions = (read: TimeframePage[]) =>
  read.flatMap(({ releases }) => releases.map(({ version }) => version))

describe('timeframe', () => {
  it('shows nothing of a quiet hour', async () => {
    expect(await pages({ from: start, to: start + hour })).toEqual([
      { window: { from: start, to: start + hour }, page: 1, releases: [], unreadable: [], complete: true },
    ])
  })

  it('shows all pages of a window, in order of creation, both ends included', async () => {
    const numbers = Array.from({ length: 65 }, (_, i) => `1.${i}`)
    // The order of arrival is another one.
    for (const number of [...numbers].reverse())
      stage.org.push('demo', number, { createdAt: start + Number(number.slice(2)) * 1000 })
    stage.org.push('demo', '0.1', { createdAt: start - 1 })
    stage.org.push('demo', '3.0', { createdAt: start + 64_001 })
    const read = await pages({ from: start, to: start + 64_000 })
    expect(read.map(({ page, releases, complete }) => [page, releases.length, complete])).toEqual([
      [1, 30, false],
      [2, 30, false],
      [3, 5, false],
      [4, 0, true],
    ])
    expect(versions(read)).toEqual(numbers)
  })

  it('shows yanked and unfinished ones, and when each was created', async () => {
    stage.org.push('demo', '1.0')
    stage.org.yank('demo', '1.0')
    stage.org.push('demo', '1.1', { unfinished: true })
    const [page] = await pages({ from: start, to: start })
    expect(page?.releases).toMatchObject([
      { name: 'demo', version: '1.0', yanked: true, createdAt: start },
      { name: 'demo', version: '1.1', yanked: true, createdAt: start },
    ])
  })

  it('passes over rows that cannot be read, and tells whose they are', async () => {
    const row = (name: unknown, more = {}) => ({ name, version: '1.0', ...more })
    const rows = [
      row('bad', { platform: 'x86 linux' }),
      row('demo'),
      row('worse', { version: null }),
      row(7),
      null,
    ]
    stage.org.fail(({ query }) => jsonAnswer(JSON.stringify(query.get('page') === '1' ? rows : [])))
    const read = await pages({ from: start, to: start })
    expect(read).toMatchObject([
      { releases: [{ name: 'demo' }], unreadable: ['bad', 'worse', null, null], complete: false },
      { releases: [], unreadable: [], complete: true },
    ])
  })

  it('does not take a page of which nothing can be read for the end of the window', async () => {
    for (let i = 0; i < 31; i++) stage.org.push('demo', `1.${i}`)
    stage.org.fail((request, truth) =>
      request.query.get('page') === '2' ? jsonAnswer('[{"name":"demo"}]') : truth,
    )
    const read = []
    for await (const page of rubygems.timeframe({ from: start, to: start })) read.push(page)
    expect(read.map(({ ok }) => ok)).toEqual([true, false])
    expect(problem(read[1] as (typeof read)[0])).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('"0.version" is wrong'),
    })
  })

  it.each([
    ['7 days, which is one window', 7 * day, [7]],
    ['7 days and a moment', 7 * day + 1, [7, 7 + 1 / day]],
    ['18 days', 18 * day, [7, 14, 18]],
  ])('takes as many windows as it needs: %s', async (_what, length, ends) => {
    const read = await pages({ from: start, to: start + length })
    expect(read.map(({ window }) => window.to)).toEqual(ends.map((end) => Math.round(start + end * day)))
    expect(read.map(({ window }) => window.from)).toEqual(
      [0, ...ends.slice(0, -1)].map((begin) => Math.round(start + begin * day)),
    )
  })

  it('misses nothing over several windows, borders included', async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => `1.${i}`)
    numbers.forEach((number, i) => {
      stage.org.push('demo', number, { createdAt: start + i * (day / 4) })
    })
    const read = await pages({ from: start, to: start + 25 * day })
    // Created at the very border of two windows: shown twice.
    expect(versions(read).filter((version) => version === '1.28')).toHaveLength(2)
    expect([...new Set(versions(read))]).toEqual(numbers)
  })

  it('starts anew where the upstream has no more pages', async () => {
    const row = (page: number) => {
      const created = new Date(start + page * 1000).toISOString()
      return { name: 'demo', version: `1.${page}`, version_created_at: created }
    }
    // One release a page; as many as there can be in the first window, and three more.
    stage.org.fail(({ query }) => {
      const from = (Date.parse(query.get('from') ?? '') - start) / 1000
      const page = Number(query.get('page')) + Math.max(0, from - 1)
      return jsonAnswer(JSON.stringify(page > 1003 ? [] : [row(page)]))
    })
    const read = await pages({ from: start, to: start + day })
    expect(new Set(versions(read)).size).toBe(1003)
    expect(read.at(-1)).toMatchObject({ window: { from: start + 1_000_000 }, complete: true })
  })

  it.each([
    ['no time', null],
    ['the time at which the window starts', start],
    ['a time before the window', start - 1],
    ['a time after the window', start + 2 * day],
  ])('gives up where that leads nowhere: at %s', async (_what, time) => {
    const version_created_at = time === null ? null : new Date(time).toISOString()
    stage.org.fail(({ query }) =>
      jsonAnswer(JSON.stringify([{ name: 'demo', version: `1.${query.get('page')}`, version_created_at }])),
    )
    const read = []
    for await (const page of rubygems.timeframe({ from: start, to: start + day })) read.push(page)
    expect(read).toHaveLength(1001)
    expect(problem(read.at(-1) as (typeof read)[0]).code).toBe('unavailable')
  })

  it('knows a host that does not page', async () => {
    stage.org.fail(jsonAnswer('[{"name":"demo","version":"1.0"}]'))
    const read = []
    for await (const page of rubygems.timeframe({ from: start, to: start + day })) read.push(page)
    expect(read).toHaveLength(2)
    expect(problem(read[1] as (typeof read)[0]).message).toContain('the same as the page before')
  })

  it('ends with the first failure, after what went before', async () => {
    for (let i = 0; i < 40; i++) stage.org.push('demo', `1.${i}`)
    stage.org.fail((request, truth) => (request.query.get('page') === '2' ? faults.serverError : truth))
    const read = []
    for await (const page of rubygems.timeframe({ from: start, to: start + 20 * day })) read.push(page)
    expect(read.map(({ ok }) => ok)).toEqual([true, false])
    expect(problem(read[1] as (typeof read)[0])).toMatchObject({ code: 'unavailable', status: 500 })
  })

  it.each([
    [start, start - 1],
    [Number.NaN, start],
  ])('asks nothing from %d to %d', async (from, to) => {
    for await (const page of rubygems.timeframe({ from, to })) expect(problem(page).code).toBe('invalid')
    expect(stage.org.count()).toBe(0)
  })
})
