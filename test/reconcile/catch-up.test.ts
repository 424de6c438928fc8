import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parsePayload } from '../../src/payload.js'
import { faults } from '../helpers/rubygems-org.js'
import { start } from '../rubygems/stage.js'
import { day, hour, minute, type Scene, setScene } from './scene.js'

let scene: Scene
beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

describe('the first start', () => {
  it('takes nothing from history, and all that comes after it', async () => {
    scene.temp.hook()
    for (const age of [3 * day, 50 * minute, minute, 1])
      scene.org.push('old', `1.${age}`, { createdAt: start - age })
    expect(await scene.pass()).toMatchObject({ events: 0, windows: 1, problem: null })
    scene.later(15 * minute)
    scene.org.push('new', '1.0')
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
    expect(scene.events()).toEqual(['pushed new 1.0'])
    expect(scene.wakes).toBe(1)
  })

  it('takes nothing from history after a restart either', async () => {
    scene.temp.hook()
    scene.org.push('old', '1.0', { createdAt: start - minute })
    await scene.pass()
    scene.later(minute)
    await scene.restart()
    await scene.pass()
    expect(scene.events()).toEqual([])
  })

  it('still sees yanks of what the ledger knows from before', async () => {
    scene.temp.hook()
    scene.webhook(scene.org.push('rails', '8.0.0', { createdAt: start - 30 * minute }))
    scene.later(10 * minute)
    scene.org.yank('rails', '8.0.0')
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.0', 'yanked rails 8.0.0'])
  })
})

describe('the timeframe', () => {
  beforeEach(async () => {
    scene.temp.hook({ gemName: 'rails' })
    await scene.pass()
    scene.later(10 * minute)
  })

  it('gives what hooks want, in order of creation, platforms apart', async () => {
    scene.org.push('rails', '8.0.2', { createdAt: start + 3 * minute })
    scene.org.push('rake', '1.0', { createdAt: start + 2 * minute })
    scene.org.push('rails', '8.0.1', { createdAt: start + minute, platform: 'java' })
    scene.org.push('rails', '8.0.1', { createdAt: start + minute })
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1 java', 'pushed rails 8.0.1', 'pushed rails 8.0.2'])
    await scene.pass()
    expect(scene.events()).toHaveLength(3)
  })

  it('leaves out what its endpoint is disabled for', async () => {
    scene.temp.change('UPDATE endpoints SET disabled_at = 1')
    scene.org.push('rails', '8.0.1')
    await scene.pass()
    expect(scene.events()).toEqual([])
  })

  it('keeps the payload that a webhook would have brought, and when it was created', async () => {
    const release = scene.org.push('rails', '8.0.1', { facts: { info: 'Full <stack>' } })
    scene.later(minute)
    await scene.pass()
    const [event] = scene.temp.query<{ payload: Buffer }>('SELECT payload FROM events')
    const parsed = parsePayload(event?.payload ?? Buffer.alloc(0))
    expect(parsed.ok && parsed.value.facts).toEqual(scene.org.payloadOf(release))
    expect(scene.temp.query('SELECT created_at FROM releases')).toEqual([{ created_at: release.createdAt }])
  })

  it('notes on events of webhooks that it has them too, and the other way round', async () => {
    scene.webhook(scene.org.push('rails', '8.0.1'))
    const late = scene.org.push('rails', '8.0.2')
    await scene.pass()
    scene.webhook(late)
    expect(scene.sources()).toEqual([
      'pushed rails 8.0.1 by webhook, catch-up',
      'pushed rails 8.0.2 by webhook, catch-up',
    ])
    expect(scene.temp.ledger.tallies.read()).toMatchObject({ webhook: 0, catchUp: 0, both: 2 })
  })

  it('sees what only became visible later, up to an hour', async () => {
    await scene.pass()
    scene.later(50 * minute)
    scene.org.push('rails', '8.0.1', { createdAt: start + 5 * minute })
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1'])
  })

  it('passes over yanked and unfinished ones that the ledger does not know', async () => {
    scene.org.push('rails', '8.0.1')
    scene.org.yank('rails', '8.0.1')
    scene.org.push('rails', '8.0.2', { unfinished: true })
    await scene.pass()
    expect(scene.events()).toEqual([])
  })

  it.each([
    ['the index lacks it', /^\/versions$/, 1],
    ['the upstream has no index', /^\/versions$/, 2],
  ])('finds yanks and restores of recent ones by itself: %s', async (_what, path, way) => {
    scene.org.fail(way === 1 ? faults.serverError : { status: 404, headers: {}, body: 'no such path' }, {
      on: path,
    })
    scene.webhook(scene.org.push('rails', '8.0.1'))
    scene.later(10 * minute)
    scene.org.yank('rails', '8.0.1')
    await scene.pass()
    scene.later(10 * minute)
    scene.org.restore('rails', '8.0.1')
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1', 'yanked rails 8.0.1', 'restored rails 8.0.1'])
    const payloads = scene.temp.query<{ payload: Buffer }>('SELECT payload FROM events')
    expect(payloads.map(({ payload }) => JSON.parse(String(payload)).yanked)).toEqual([false, true, false])
  })

  it('believes no list alone: the release itself is looked at', async () => {
    scene.webhook(scene.org.push('rails', '8.0.1'))
    scene.later(10 * minute)
    scene.org.fail(
      (_, truth) => ({ ...truth, body: String(truth.body).replaceAll('"yanked":false', '"yanked":true') }),
      { on: '/api/v1/timeframe_versions.json' },
    )
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1'])
    expect(scene.org.count(/\/versions\/8\.0\.1\.json/)).toBe(1)
  })

  it.each([
    ['a 404 of a host that lacks the path', { status: 404, headers: {}, body: 'Not Found' }],
    ['another release', { status: 200, headers: {}, body: '{"name":"rake","version":"8.0.1"}' }],
    [
      'a yanked release',
      { status: 200, headers: {}, body: '{"name":"rails","version":"8.0.1","yanked":true}' },
    ],
  ])('makes nothing of %s', async (_what, answer) => {
    scene.webhook(scene.org.push('rails', '8.0.1'))
    scene.later(10 * minute)
    scene.org.yank('rails', '8.0.1')
    scene.org.fail(answer, { on: /^\/api\/v2\// })
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
  })

  it.each([
    ['another release', '{"name":"rake","version":"8.0.1"}'],
    ['another platform', '{"name":"rails","version":"8.0.1","platform":"java"}'],
    ['a yanked release', '{"name":"rails","version":"8.0.1","yanked":true}'],
  ])('takes %s for no restore', async (_what, body) => {
    const release = scene.org.push('rails', '8.0.1')
    scene.webhook(release)
    scene.temp.arrive({ name: 'rails', version: '8.0.1', yanked: true }, scene.stage.time)
    scene.later(10 * minute)
    scene.org.fail({ status: 200, headers: {}, body }, { on: /^\/api\/v2\// })
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
  })

  it('waits with what the ledger heard of just now: caches may be older', async () => {
    scene.webhook(scene.org.push('rails', '8.0.1'))
    scene.org.yank('rails', '8.0.1')
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1'])
    scene.later(15 * minute)
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1', 'yanked rails 8.0.1'])
  })

  describe('and claims that wait for their check', () => {
    beforeEach(() => {
      const release = scene.org.push('rails', '8.0.1')
      scene.webhook(release)
      scene.later(10 * minute)
      const payload = Buffer.from(JSON.stringify({ ...scene.org.payloadOf(release), yanked: true }))
      scene.temp.ledger.arrivals.record([
        {
          gemName: 'rails',
          number: '8.0.1',
          platform: 'ruby',
          yanked: true,
          payload,
          receivedAt: scene.stage.time,
          createdAt: scene.stage.time,
          source: 'webhook',
          toCheck: true,
        },
      ])
      scene.later(10 * minute)
    })

    it('leaves them alone where the upstream says what the ledger says', async () => {
      await scene.pass()
      expect(scene.sources()).toEqual([
        'pushed rails 8.0.1 by webhook, catch-up',
        'yanked rails 8.0.1 by webhook',
      ])
      expect(scene.temp.ledger.claims.count()).toBe(1)
    })

    it('ends their wait where the upstream says the same', async () => {
      scene.org.yank('rails', '8.0.1')
      await scene.pass()
      expect(scene.sources().at(-1)).toBe('yanked rails 8.0.1 by webhook, catch-up')
      expect(scene.events()).toHaveLength(2)
      expect(scene.temp.ledger.claims.count()).toBe(0)
    })
  })

  it('keeps what it can be sure of when one release cannot be looked at', async () => {
    scene.webhook(scene.org.push('rails', '8.0.1'))
    scene.later(10 * minute)
    scene.org.yank('rails', '8.0.1')
    scene.org.push('rails', '8.0.2')
    scene.org.fail(faults.serverError, { on: /^\/api\/v2\// })
    const before = scene.temp.ledger.upstreams.progress(scene.org.url)?.completeUntil
    expect(await scene.pass()).toMatchObject({ events: 1, windows: 0, problem: { code: 'unavailable' } })
    expect(scene.temp.ledger.upstreams.progress(scene.org.url)?.completeUntil).toBe(before)
    scene.org.mend()
    scene.later(minute)
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.1', 'pushed rails 8.0.2', 'yanked rails 8.0.1'])
  })
})

describe('rows that cannot be read', () => {
  const spoil = (name: string) =>
    scene.org.fail(
      (_, truth) => {
        const rows: Record<string, unknown>[] = JSON.parse(String(truth.body))
        for (const row of rows) if (row.name === name) row.platform = 'x86 linux'
        return { ...truth, body: JSON.stringify(rows) }
      },
      { on: '/api/v1/timeframe_versions.json' },
    )
  const warnings = () => scene.logs.filter(({ msg }) => msg.includes('cannot be read'))

  beforeEach(async () => {
    scene.temp.hook({ gemName: 'rails' })
    await scene.pass()
    scene.later(10 * minute)
  })

  it('are passed over, and told of once', async () => {
    scene.org.push('other', '1.0')
    for (let i = 0; i < 60; i++) scene.org.push('rails', `1.${i}`)
    scene.org.push('other', '1.1')
    spoil('other')
    expect(await scene.pass()).toMatchObject({ events: 60, windows: 1, problem: null })
    expect(warnings()).toMatchObject([{ level: 40, rows: 2, gems: ['other'] }])
  })

  it('may be any number', async () => {
    scene.org.push('rails', '1.0')
    scene.org.fail(
      (_, truth) => ({ ...truth, body: String(truth.body).replace(/\}\]$/, `}${',null'.repeat(200_000)}]`) }),
      { on: '/api/v1/timeframe_versions.json' },
    )
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
    expect(warnings()).toMatchObject([{ rows: 200_000, gems: [] }])
  })

  it('end the pass where there is nothing else', async () => {
    scene.org.push('other', '1.0')
    spoil('other')
    expect(await scene.pass()).toMatchObject({ windows: 0, problem: { code: 'unavailable' } })
  })
})

describe('releases that cannot be looked at', () => {
  const progress = () => scene.temp.ledger.upstreams.progress(scene.org.url)?.completeUntil
  /** Live here, yanked there, too old for the index to be needed. */
  const yankAll = (numbers: string[]) => {
    for (const number of numbers) scene.webhook(scene.org.push('rails', number))
    scene.later(10 * minute)
    for (const number of numbers) scene.org.yank('rails', number)
  }

  beforeEach(async () => {
    scene.temp.hook()
    await scene.pass()
    scene.later(10 * minute)
  })

  it('cost the others nothing: rows, pages and words of the index go on', async () => {
    scene.webhook(scene.org.push('old', '1.0', { createdAt: start - 30 * day }))
    yankAll(['8.0.1', '8.0.2'])
    scene.org.yank('old', '1.0')
    for (let i = 0; i < 60; i++) scene.org.push('rake', `1.${i}`)
    scene.org.fail(faults.serverError, { on: '/api/v2/rubygems/rails/versions/8.0.1.json' })
    const before = progress()
    const ended = await scene.pass()
    expect(ended).toMatchObject({ events: 62, windows: 0, problem: { code: 'unavailable' } })
    expect(ended.problem?.message).toContain('8.0.1.json was answered 500')
    expect(scene.events()).toEqual(expect.arrayContaining(['yanked rails 8.0.2', 'yanked old 1.0']))
    expect(progress()).toBe(before)
    // Asked once, three tries, however often it comes up in a pass.
    expect(scene.org.count('/api/v2/rubygems/rails/versions/8.0.1.json')).toBe(3)
    scene.org.mend()
    scene.later(minute)
    expect(await scene.pass()).toMatchObject({ events: 1, windows: 1, problem: null })
    expect(scene.events().at(-1)).toBe('yanked rails 8.0.1')
  })

  it('end the pass when there are five: the upstream is down', async () => {
    yankAll(['1', '2', '3', '4', '5', '6', '7'])
    scene.org.fail(faults.serverError, { on: /^\/api\/v2/ })
    const before = scene.org.count('/versions')
    expect(await scene.pass()).toMatchObject({ events: 0, problem: { code: 'unavailable' } })
    expect(scene.org.count(/^\/api\/v2/)).toBe(5 * 3)
    expect(scene.org.count('/versions')).toBe(before)
  })
})

describe('clocks', () => {
  beforeEach(async () => {
    scene.temp.hook()
    scene.later(2 * hour)
    await scene.pass()
  })

  it('one that was set back loses nothing, not even over a long stop', async () => {
    scene.later(10 * minute)
    scene.org.push('rails', '8.0.0')
    await scene.pass()
    // It had been a day ahead, and nobody knew.
    scene.stage.time += day
    await scene.pass()
    scene.stage.time -= day
    scene.later(5 * hour)
    scene.org.push('rails', '8.0.1', { createdAt: scene.stage.time - 4 * hour })
    scene.org.push('rails', '8.0.2')
    await scene.restart()
    await scene.pass()
    expect(scene.events()).toEqual(['pushed rails 8.0.0', 'pushed rails 8.0.1', 'pushed rails 8.0.2'])
  })

  it('one that was set back to before the first start loses nothing that comes then', async () => {
    // The index would show it too.
    scene.org.fail({ status: 404, headers: {}, body: 'no such path' }, { on: '/versions' })
    scene.stage.time -= day
    await scene.pass()
    scene.later(10 * minute)
    scene.org.push('rails', '8.0.1')
    expect(await scene.pass()).toMatchObject({ problem: null })
    expect(scene.events()).toEqual(['pushed rails 8.0.1'])
  })

  it.each([3 * hour, 23 * hour])('one that is %d ms ahead loses nothing', async (ahead) => {
    // The index would show it too.
    scene.org.fail({ status: 404, headers: {}, body: 'no such path' }, { on: '/versions' })
    await scene.restart({ parts: { now: () => scene.stage.time + ahead } })
    for (let i = 0; i < 3; i++) {
      scene.later(15 * minute)
      scene.org.push('rails', `8.0.${i}`)
      scene.later(minute)
      expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
    }
    await scene.restart()
    scene.later(15 * minute)
    scene.org.push('rails', '8.1.0')
    expect(await scene.pass()).toMatchObject({ events: 1, problem: null })
  })

  it('one that jumps ahead reads over as many windows as it takes', async () => {
    for (let i = 0; i < 40; i++)
      scene.org.push('rails', `8.0.${i}`, { createdAt: scene.stage.time + i * day })
    scene.later(40 * day)
    expect(await scene.pass()).toMatchObject({ events: 40, windows: 6, problem: null })
  })
})
