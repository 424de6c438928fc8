import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostCounted } from '../../src/ledger/events.js'
import { testTime } from '../helpers/temp-ledger.js'
import { gaveUp, openStage, otherKey, rowsOf, type Stage } from './stage.js'

let stage: Stage
const ids: Record<string, number> = {}
beforeAll(async () => {
  stage = await openStage()
  stage.temp.hook({ gemName: 'rails' })
  ids.old = stage.release('rails', '7.2.0', {}, testTime - 3_600_000)
  stage.attempt(gaveUp)
  ids.ruby = stage.release('rails', '8.0.0')
  ids.java = stage.release('rails', '8.0.0', { platform: 'java' })
  stage.attempt()
  ids.yank = stage.release('rake', '13.0.0', { yanked: true })
})
afterAll(() => stage.close())

interface Row {
  id: number
  jump: string | null
}
const idsOf = async (query: string, useKey?: string) =>
  rowsOf<Row>(await stage.get(`/api/v1/events.json${query}`, useKey), 'events').map(({ id }) => id)

describe('a list of events', () => {
  it('begins with the newest', async () => {
    expect(await idsOf('')).toEqual([ids.yank, ids.java, ids.ruby, ids.old])
  })

  it.each<[query: string, expected: string[]]>([
    ['?gem=rails', ['java', 'ruby', 'old']],
    ['?search=RA', ['yank', 'java', 'ruby', 'old']],
    ['?search=ake', ['yank']],
    ['?kind=yanked', ['yank']],
    ['?state=dead', ['old']],
    ['?state=succeeded', ['java', 'ruby']],
    [`?since=${new Date(testTime).toISOString()}`, ['yank', 'java', 'ruby']],
    ['?since=2026-09-01', ['yank', 'java', 'ruby', 'old']],
    ['?since=2026-09-02', []],
    ['?gem=', ['yank', 'java', 'ruby', 'old']],
    ['?gem=rails&state=dead', ['old']],
    ['?gem=rails&number=8.0.0', ['java', 'ruby']],
    ['?gem=rails&number=8.0', []],
    ['?gem=rake&number=8.0.0', []],
    ['?gem=rails&number=8.0.0&search=IL', ['java', 'ruby']],
    ['?gem=rails&number=8.0.0&search=rake', []],
    ['?gem=rails&number=8.0.0&kind=yanked', []],
    ['?gem=rails&number=8.0.0&state=succeeded', ['java', 'ruby']],
    ['?gem=rails&number=8.0.0&state=dead', []],
    [`?gem=rails&number=7.2.0&since=${new Date(testTime).toISOString()}`, []],
  ])('%s', async (query, expected) => {
    expect(await idsOf(query)).toEqual(expected.map((name) => ids[name]))
  })

  it('is common to all accounts, but their deliveries are not', async () => {
    expect(await idsOf('', otherKey)).toHaveLength(4)
    expect(await idsOf('?state=dead', otherKey)).toEqual([])
  })

  it.each([
    [3, true],
    [4, false],
    [5, false],
  ])('of %d goes on: %s', async (limit, goesOn) => {
    const { body } = await stage.get(`/api/v1/events.json?limit=${limit}`)
    expect(body.next !== null).toBe(goesOn)
  })

  it('goes on page by page until there is nothing more', async () => {
    const seen: number[] = []
    let cursor = ''
    do {
      const page = await stage.get(`/api/v1/events.json?limit=1${cursor}`)
      seen.push(...rowsOf<Row>(page, 'events').map(({ id }) => id))
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`
    } while (cursor !== '')
    expect(seen).toEqual([ids.yank, ids.java, ids.ruby, ids.old])
  })
})

describe('a version', () => {
  it('has pages, too', async () => {
    const first = await stage.get('/api/v1/events.json?gem=rails&number=8.0.0&limit=1')
    expect(rowsOf<Row>(first, 'events')).toMatchObject([{ id: ids.java }])
    expect(await idsOf(`?gem=rails&number=8.0.0&limit=1&cursor=${first.body.next}`)).toEqual([ids.ruby])
  })

  it('is one of a gem', async () => {
    const { status, body } = await stage.get('/api/v1/events.json?number=8.0.0')
    expect([status, body.error]).toEqual([400, expect.stringContaining('needs gem')])
  })
})

describe('an event', () => {
  it('tells all that is known of its release', async () => {
    const { status, body } = await stage.get(`/api/v1/events/${ids.ruby}.json`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: ids.ruby,
      kind: 'pushed',
      gem_name: 'rails',
      number: '8.0.0',
      platform: 'ruby',
      received_at: '2026-09-01T12:00:00.000Z',
      previous: '7.2.0',
      jump: 'major',
      source: 'webhook',
      checking: false,
      deliveries: { pending: 0, succeeded: 1, dead: 0, cancelled: 0 },
      payload: { name: 'rails', version: '8.0.0', licenses: ['MIT'] },
    })
  })

  it('counts the deliveries of the account alone', async () => {
    const { body } = await stage.get(`/api/v1/events/${ids.ruby}.json`, otherKey)
    expect(body.deliveries).toEqual({ pending: 0, succeeded: 0, dead: 0, cancelled: 0 })
  })

  it('tells how its dependencies changed', async () => {
    const needing = (runtime: object[]) => ({ dependencies: { runtime, development: [] } })
    const one = (name: string, requirements: string) => ({ name, requirements })
    stage.release('sinatra', '1.0', needing([one('rack', '>= 1'), one('tilt', '>= 0')]))
    const id = stage.release('sinatra', '1.1', needing([one('rack', '>= 2'), one('mustermann', '>= 0')]))
    const { body } = await stage.get(`/api/v1/events/${id}.json`)
    expect(body.dependencies).toEqual({
      compared_with: '1.0',
      runtime: [
        { ...one('mustermann', '>= 0'), change: 'added', before: null },
        { ...one('rack', '>= 2'), change: 'changed', before: '>= 1' },
        { ...one('tilt', '>= 0'), change: 'removed', before: null },
      ],
      development: [],
    })
  })

  it('compares its dependencies with nothing where nothing came before', async () => {
    const dependencies = { runtime: [{ name: 'rack', requirements: '>= 1' }] }
    const id = stage.release('padrino', '1.0', { dependencies })
    const { body } = await stage.get(`/api/v1/events/${id}.json`)
    expect(body.dependencies).toEqual({
      compared_with: null,
      runtime: [{ name: 'rack', requirements: '>= 1', change: 'unknown', before: null }],
      development: null,
    })
  })

  it('is no step forward when it is a yank', async () => {
    const { body } = await stage.get(`/api/v1/events/${ids.yank}.json`)
    expect(body).toMatchObject({ kind: 'yanked', jump: null })
  })
})

it('puts the platforms of a version together', async () => {
  const told = await stage.get('/api/v1/releases.json?gem=rails')
  expect(rowsOf(told, 'releases')).toMatchObject([
    {
      newest: { id: ids.java, jump: 'major' },
      platforms: expect.arrayContaining(['ruby', 'java']),
      event_ids: [ids.java, ids.ruby],
      deliveries: { succeeded: 2, dead: 0 },
    },
    { newest: { id: ids.old }, event_ids: [ids.old], deliveries: { dead: 1 } },
  ])
  expect(told.body.next).toBeNull()
  const first = await stage.get('/api/v1/releases.json?gem=rails&limit=1')
  const second = await stage.get(`/api/v1/releases.json?gem=rails&limit=1&cursor=${first.body.next}`)
  expect(rowsOf(second, 'releases')).toMatchObject([{ newest: { id: ids.old } }])
})

it('says how far deliveries are counted', async () => {
  const { body } = await stage.get('/api/openapi.json')
  expect(JSON.stringify(body)).toContain(`up to ${mostCounted}`)
})
