import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import { createScene, type Scene } from './hand-out-scene.js'

let scene: Scene
beforeEach(() => {
  scene = createScene()
})
afterEach(() => scene.remove())

describe('a transport that is closed', () => {
  it('gets nothing, and everything is due again', async () => {
    scene.owe({ events: 3 })
    scene.transport.open = false
    expect(await scene.handOut()).toMatchObject({ open: false, more: false })
    expect(scene.temp.due()).toHaveLength(3)
    expect(scene.pace.out('webhook')).toBe(0)
    scene.transport.open = true
    expect(await scene.round()).toHaveLength(3)
  })
})

describe('messages that are too much at once', () => {
  it('wait for others to be done, but go out again when they are lost', async () => {
    for (let number = 1; number <= 40; number += 1) scene.temp.hook({ url: `http://127.0.0.1:9/${number}` })
    scene.temp.arrive({ info: 'x'.repeat(1_000_000) })
    scene.temp.fanOut()
    const first = await scene.round()
    expect(first.length).toBeGreaterThan(30)
    expect(first.length).toBeLessThan(40)
    expect(await scene.round()).toEqual([])
    scene.time += 60_000
    const again = await scene.round()
    expect(again.map((job) => job.deliveryId)).toEqual(first.map((job) => job.deliveryId))
    scene.finish(again)
    expect(await scene.round()).toHaveLength(40 - first.length)
  })
})

describe('a lease that ends without an outcome', () => {
  it('is handed out again, as the same attempt with the same message', async () => {
    scene.owe({})
    const [first] = await scene.round()
    scene.time += 60_000
    expect(await scene.round()).toEqual([first])
    expect(scene.temp.ledger.deliveries.nextMoment()).toBe(scene.time + 60_000)
    expect(await scene.round()).toEqual([])
  })

  it('is not handed out before its time', async () => {
    scene.owe({})
    await scene.round()
    scene.time += 59_999
    expect(await scene.round()).toEqual([])
  })

  it('is handed out after a restart, too', async () => {
    scene.owe({})
    const first = await scene.round()
    scene.restart()
    expect(await scene.round()).toEqual([])
    scene.time += 60_000
    expect(await scene.round()).toEqual(first)
  })

  it('is not handed out while outcomes are still on their way', async () => {
    scene.owe({ events: 1 })
    await scene.round()
    scene.transport.settledAnswer = () => false
    scene.time += 60_000
    expect(await scene.round()).toEqual([])
    scene.transport.settledAnswer = () => true
    expect(await scene.round()).toHaveLength(1)
  })

  it.each([
    ['succeeded', {}],
    ['failed', { verdict: 'retry', statusCode: 500 }],
    ['died', { verdict: 'dead', statusCode: 400 }],
  ] as const)('is not handed out when its outcome comes in just then: it %s', async (_title, changes) => {
    scene.owe({ events: 2 })
    const [first, second] = (await scene.round()) as [Job, Job]
    scene.time += 60_000
    scene.transport.settledAnswer = () => {
      scene.finish([first], changes)
      return true
    }
    expect(await scene.round()).toEqual([second])
    expect(scene.temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)).toEqual([
      second.deliveryId,
    ])
  })

  it('stays leased when the transport is closed: a worker may still hold it', async () => {
    scene.owe({})
    await scene.round()
    scene.time += 60_000
    scene.transport.open = false
    expect(await scene.handOut()).toMatchObject({ open: false })
    expect(scene.temp.ledger.deliveries.leased()).toHaveLength(1)
    scene.transport.open = true
    expect(await scene.round()).toEqual([])
    scene.time += 60_000
    expect(await scene.round()).toHaveLength(1)
  })

  it('takes its slot again before anything new gets it', async () => {
    scene.owe({ channel: 'slack', events: 2 })
    const first = await scene.round()
    scene.time += 60_001
    scene.pace.sweep(scene.time, scene.temp.ledger.deliveries.isLeased)
    expect(await scene.round()).toEqual(first)
    expect(scene.pace.out('slack')).toBe(1)
  })
})

describe('whatever happens, and in whatever order', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('round' as const) },
    { weight: 4, arbitrary: fc.constant('success' as const) },
    fc.constantFrom('failure', 'second', 'lease ends', 'closed', 'event', 'restart'),
  )

  it('no address has more in flight than it may, and nothing is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        scene.remove()
        scene = createScene()
        for (const channel of ['webhook', 'slack', 'email'] as const) scene.owe({ channel, events: 2 })
        for (const one of steps) {
          await take(one)
          const out = scene.temp.query<{ channel: string; count: number }>(
            `SELECT channel, count(*) AS count FROM deliveries WHERE stage = 'leased' GROUP BY endpoint_id`,
          )
          const caps: Record<string, number> = { webhook: 4, slack: 1, email: 2 }
          for (const { channel, count } of out) expect(count).toBeLessThanOrEqual(caps[channel] ?? 0)
        }
        for (let turn = 0; scene.temp.ledger.deliveries.countPending() > 0; turn += 1) {
          expect(turn).toBeLessThan(500)
          scene.time += 60_001
          scene.pace.sweep(scene.time, scene.temp.ledger.deliveries.isLeased)
          scene.finish(await scene.round())
        }
        const carried = new Set(scene.transport.carried.map(({ deliveryId }) => deliveryId))
        expect(carried.size).toBe(scene.temp.query('SELECT id FROM deliveries').length)
      }),
      { numRuns: 25 },
    )
  })

  async function take(one: string): Promise<void> {
    const out = scene.temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)
    const jobs = scene.transport.carried.filter(({ deliveryId }) => out.includes(deliveryId)).slice(-1)
    if (one === 'round') await scene.round()
    else if (one === 'success') scene.finish(jobs)
    else if (one === 'failure') scene.finish(jobs, { verdict: 'retry', statusCode: 429 })
    else if (one === 'second') scene.time += 1000
    else if (one === 'event') scene.owe({ events: 1 })
    else if (one === 'restart') {
      scene.restart()
      scene.pace.started(
        scene.temp.ledger.deliveries.leased(),
        scene.time + scene.transport.leaseMs,
        scene.time,
      )
    } else if (one === 'closed') {
      scene.transport.open = false
      await scene.round()
      scene.transport.open = true
    } else {
      scene.time += 60_001
      scene.pace.sweep(scene.time, scene.temp.ledger.deliveries.isLeased)
    }
  }
})
