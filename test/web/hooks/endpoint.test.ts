import { afterEach, beforeEach, expect, it } from 'vitest'
import { outcomeOf, testTime } from '../../helpers/temp-ledger.js'
import { formNamed, linkOf, openPageStage, type PageStage, type Visited } from './page-stage.js'

let stage: PageStage
let id: number
const url = 'https://example.com/hooks/canary-secret-wxyz'
beforeEach(async () => {
  stage = await openPageStage()
  id = stage.temp.hook({ gemName: 'rails', url })
})
afterEach(() => stage.close())

/** Keeps releases 1.0.1 … of rails and writes their deliveries. */
const release = (count: number) => {
  for (let i = 1; i <= count; i++) stage.temp.arrive({ name: 'rails', version: `1.0.${i}` })
  stage.temp.fanOut()
}
const numbers = ({ page }: Visited) =>
  page.elements
    .filter(({ attributes }) => attributes['data-row'] !== undefined)
    .map(({ text }) => text.trim().replace(/^rails /, ''))

it('shows the whole address, health and pace', async () => {
  stage.pace = { underWay: 1, mostUnderWay: 1, msBetweenStarts: 1_000, restMs: 0 }
  const { page, status } = await stage.get(`/endpoints/${id}`)
  expect(status).toBe(200)
  expect(page.text).toContain(url)
  expect(page.text).toContain('Whoever knows this address can post to it')
  expect(page.text).toContain('1 of at most 1 under way, one each 1 s')
  expect(page.elements.find(({ name }) => name === 'title')?.text).not.toContain('canary-secret')
})

it('says what fails now, and what was given up, apart', async () => {
  release(1)
  const text = async () => (await stage.get(`/endpoints/${id}`)).page.text
  expect(await text()).toMatch(/no success yet.*Last given up\s*never.*Given up since the last success\s*0/s)
  const fail = (attempt: number, error: string | null) =>
    stage.temp.ledger.outcomes.record(
      [
        outcomeOf(
          { deliveryId: 1, attempt },
          { verdict: 'retry', statusCode: null, error, startedAt: testTime - 60_012 },
        ),
      ],
      testTime,
      testTime,
    )
  fail(1, 'No answer within 15 s.')
  expect(await text()).toMatch(
    /failing.*Now\s*1 waiting after a failure; last: No answer within 15 s, 1 min ago.*never/s,
  )
  // What got through since then outweighs it.
  stage.temp.change('UPDATE endpoints SET last_success_at = ?', testTime)
  expect(await text()).toMatch(/healthy.*1 waiting after a failure/s)
})

it.each(['0', 'x', '1e3', '999999', '-1', '1.5'])('knows no endpoint %s', async (wrong) => {
  expect((await stage.get(`/endpoints/${wrong}`)).status).toBe(404)
})

it('disables and enables it, and says that disabling cancels', async () => {
  release(1)
  const path = `/endpoints/${id}`
  expect((await stage.get(path)).page.text).toContain('Disabling cancels what still waits')
  const click = async (button: string) => {
    const { action, ...fields } = formNamed(await stage.get(path), `${button} example.com/…wxyz`)
    return stage.post(action ?? '', fields)
  }
  expect((await click('Disable')).location).toBe(`${path}?did=disabled`)
  expect(stage.temp.query('SELECT state FROM deliveries')).toEqual([{ state: 'cancelled' }])
  expect((await stage.get(path)).page.text).toContain('disabled by hand')
  expect((await stage.post(`${path}/disable`, { back: path })).location).toBe(`${path}?did=unchanged`)
  expect((await click('Enable')).location).toBe(`${path}?did=enabled`)
  expect(stage.changes()).toBe(2)
  expect((await stage.post(`${path}/explode`, {})).status).toBe(404)
})

it('lists its deliveries page by page, each once', async () => {
  release(120)
  const seen: string[] = []
  for (let path: string | undefined = `/endpoints/${id}`; path !== undefined; ) {
    const visited: Visited = await stage.get(path)
    seen.push(...numbers(visited))
    path = linkOf(visited, 'Older')
  }
  expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => `1.0.${120 - i}`))
})

it('lists those in one state, with every attempt', async () => {
  release(2)
  const [lease] = stage.temp.due()
  if (lease === undefined) throw new Error('Nothing is due.')
  stage.temp.ledger.deliveries.lease([lease], testTime + 60_000)
  stage.temp.ledger.outcomes.record(
    [outcomeOf(lease, { verdict: 'dead', statusCode: 410, error: 'It is <gone>.' })],
    testTime,
    0,
  )
  const dead = await stage.get(`/endpoints/${id}?state=dead`)
  expect(numbers(dead)).toEqual(['1.0.1'])
  expect(dead.page.text).toContain('It is <gone>.')
  expect(numbers(await stage.get(`/endpoints/${id}?state=pending`))).toEqual(['1.0.2'])
  expect((await stage.get(`/endpoints/${id}?state=succeeded`)).page.text).toContain('None is sent.')
})

it('adds another gem for the same address', async () => {
  const { action, ...fields } = formNamed(await stage.get(`/endpoints/${id}`), 'Add hook')
  const added = await stage.post(action ?? '', { ...fields, gem: '*' })
  expect(added.location).toBe(`/endpoints/${id}?did=added`)
  expect(stage.temp.ledger.hooks.list(stage.accountId())).toMatchObject([
    { gemName: 'rails', url },
    { gemName: '*', url },
  ])
})
