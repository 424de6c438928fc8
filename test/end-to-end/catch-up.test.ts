import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReconciler } from '../../src/reconcile/reconciler.js'
import { faults, type OrgFault, type OrgRelease } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { secrets } from '../helpers/webhooks.js'
import { startReceiver } from '../receive/start-receiver.js'
import { day, hour, minute, type Scene, setScene } from '../reconcile/scene.js'
import { start } from '../rubygems/stage.js'

let scene: Scene
beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

const nameOf = ({ name, number, platform }: OrgRelease) =>
  `pushed ${name} ${number}${platform === 'ruby' ? '' : ` ${platform}`}`

/** The names of the releases, in order of creation. */
const inOrder = (releases: readonly OrgRelease[]) =>
  [...releases].sort((a, b) => a.createdAt - b.createdAt || a.id - b.id).map(nameOf)

describe('a day’s outage in the middle of 3,000 releases', () => {
  const gems = ['rails', 'rake', 'rack', 'nokogiri', 'sidekiq']
  const [outageStarts, outageEnds] = [start + 4 * day, start + 5 * day]

  it.each([
    ['all gems', ['*']],
    ['some gems', ['rails', 'nokogiri']],
  ])('costs nobody anything who wants %s', async (_what, wanted) => {
    for (const gemName of wanted) scene.temp.hook({ gemName })
    await scene.pass()
    const length = 8 * day
    // One commit for all: a disk takes longer for 3,000 of them than catching up does.
    scene.temp.ledger.together(() => {
      for (let i = 0; i < 3_000; i++) {
        const createdAt = start + 1 + Math.floor(((i - (i % 3)) * length) / 3_000)
        scene.stage.time = createdAt
        const platform = i % 10 === 0 ? 'java' : 'ruby'
        const release = scene.org.push(gems[i % gems.length] ?? '', `1.${i >> 1}.${i % 2}`, { platform })
        const isOut = createdAt >= outageStarts && createdAt < outageEnds
        // Even without an outage one in seven gets lost.
        if (!isOut && i % 7 !== 0) scene.webhook(release)
      }
    })
    scene.stage.time = start + length
    await scene.restart()
    expect(await scene.pass()).toMatchObject({ windows: 2, problem: null })

    const isWanted = ({ name }: OrgRelease) => wanted.includes('*') || wanted.includes(name)
    const events = scene.temp.query<{ name: string; webhook_at: number | null }>(
      `SELECT 'pushed ' || e.gem_name || ' ' || e.number || iif(e.platform = 'ruby', '', ' ' || e.platform) AS name,
         webhook_at FROM events AS e WHERE kind = 'pushed' ORDER BY id`,
    )
    const missed = events.filter(({ webhook_at }) => webhook_at === null).map(({ name }) => name)
    const announced = events.filter(({ webhook_at }) => webhook_at !== null).map(({ name }) => name)
    const releases = scene.org.releases.filter(isWanted)
    expect(missed).toEqual(inOrder(releases).filter((name) => !announced.includes(name)))
    expect(missed.length).toBeGreaterThan(200)
    expect(new Set(events.map(({ name }) => name)).size).toBe(events.length)

    scene.temp.fanOut(scene.stage.time)
    expect(scene.temp.query('SELECT count(*) AS count FROM deliveries')).toEqual([{ count: releases.length }])
    expect(await scene.pass()).toMatchObject({ events: 0, problem: null })
  })
})

describe('an upstream that fails in the middle of a window', () => {
  let releases: OrgRelease[]
  beforeEach(async () => {
    scene.temp.hook()
    await scene.pass()
    releases = []
    for (let i = 0; i < 200; i++) {
      scene.later(30 * minute)
      releases.push(scene.org.push('rails', `1.${i}`))
    }
    scene.later(hour)
  })

  const progress = () => scene.temp.ledger.upstreams.progress(scene.org.url)?.completeUntil ?? 0
  /** The fault from the fourth page on: 90 releases have been seen by then. */
  const failLate = (fault: OrgFault) =>
    scene.org.fail(
      (request, truth) => {
        if (Number(request.query.get('page')) < 4) return truth
        return typeof fault === 'function' ? fault(request, truth) : fault
      },
      { on: '/api/v1/timeframe_versions.json' },
    )
  const expectFirst90 = () => {
    expect(scene.events()).toEqual(inOrder(releases).slice(0, 90))
    expect(progress()).toBe(start)
  }
  const expectAllOnce = async () => {
    scene.org.mend()
    expect((await scene.pass()).problem).toBeNull()
    expect(scene.events()).toEqual(inOrder(releases))
    expect(progress()).toBe(releases.at(-1)?.createdAt)
  }

  it.each<[string, OrgFault]>([
    ['answers 500', faults.serverError],
    ['answers 429', faults.throttled()],
    ['answers 429 and wants an hour of peace', faults.throttled(3_600)],
    ['answers 503 and wants a second of peace', faults.unavailable(1)],
    ['answers garbage', faults.garbage],
    ['answers half the body', faults.halfTheBody],
    ['breaks off', 'cut'],
    ['hangs up', 'drop'],
    ['shows a web page', faults.webPage],
    ['shows the first page again', { status: 302, headers: { Location: '/' }, body: '' }],
    ['answers something else that is JSON', { status: 200, headers: {}, body: '{"releases":[]}' }],
  ])('and %s', async (_what, fault) => {
    failLate(fault)
    expect((await scene.pass()).problem).not.toBeNull()
    expectFirst90()
    scene.later(2 * hour)
    await expectAllOnce()
  })

  it('and hangs', async () => {
    const { outbound } = scene.stage
    const impatient = {
      request: (request: Parameters<typeof outbound.request>[0]) =>
        outbound.request({ ...request, timeoutMs: 200 }),
    }
    failLate('hang')
    await scene.restart({ client: { outbound: impatient } })
    expect((await scene.pass()).problem?.code).toBe('unavailable')
    expectFirst90()
    await expectAllOnce()
  })

  it('and goes away', async () => {
    failLate(() => {
      void scene.org.closePort()
      return 'drop'
    })
    expect((await scene.pass()).problem?.code).toBe('unavailable')
    expectFirst90()
    await scene.org.openPort()
    await expectAllOnce()
  })

  it('while gemherald is started again', async () => {
    failLate('hang')
    const pass = scene.reconciler.passNow()
    await until('it hangs', () => scene.org.count('/api/v1/timeframe_versions.json') >= 5)
    await scene.restart()
    await pass
    expectFirst90()
    await expectAllOnce()
  })
})

describe('webhooks and catching up', () => {
  it('that race for the same releases make one event of each', async () => {
    const receiver = await startReceiver({ now: () => scene.stage.time })
    const { ledger, folder } = receiver.temp
    const reconciler = createReconciler({
      ledger,
      rubygems: scene.stage.client(),
      host: scene.org.url,
      dataDir: folder,
      now: () => scene.stage.time,
      log: pino({ level: 'silent' }),
      wake: () => {},
    })
    try {
      receiver.temp.hook()
      await reconciler.passNow()
      const account = scene.org.addAccount('ada', { legacySecret: secrets.legacy })
      const url = `${receiver.origin}/webhooks/rubygems`
      account.hooks.push({ gemName: null, url, failureCount: 0, disabled: false })
      scene.org.announcing = true
      for (let round = 0; round < 10; round++) {
        scene.later(minute)
        for (let i = 0; i < 12; i++) scene.org.push('rails', `1.${round}.${i}`)
        expect((await reconciler.passNow()).problem).toBeNull()
      }
      await scene.org.settled()
      await reconciler.passNow()
      const events = receiver.temp.query<{ kind: string; number: string; both: number }>(
        'SELECT kind, number, webhook_at IS NOT NULL AND catch_up_at IS NOT NULL AS both FROM events',
      )
      expect(events.map(({ kind, number }) => `${kind} ${number}`).sort()).toEqual(
        scene.org.releases.map(({ number }) => `pushed ${number}`).sort(),
      )
      expect(events.every(({ both }) => both === 1)).toBe(true)
      expect(scene.org.announced.every(({ succeeded }) => succeeded)).toBe(true)
    } finally {
      await reconciler.stop()
      await receiver.stop()
    }
  })

  it('cost the upstream next to nothing where nobody wants anything', async () => {
    for (let i = 0; i < 100; i++) {
      scene.org.push('rails', `1.${i}`)
      scene.later(15 * minute)
      await scene.pass()
    }
    expect(scene.org.count()).toBe(0)
  })
})
