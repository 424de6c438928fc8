import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job, Outcome } from '../../src/delivery.js'
import { createHandOut, type Round } from '../../src/dispatch/hand-out.js'
import { createJobMaker } from '../../src/dispatch/jobs.js'
import { createPace, type Pace } from '../../src/dispatch/pace.js'
import type { Channel } from '../../src/endpoint.js'
import type { Transport } from '../../src/transport/transport.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

/** A transport that only keeps what it is given. */
interface FakeTransport extends Transport {
  capacity: Record<Channel, number>
  carried: Job[]
  open: boolean
  /** Called whenever the hand-out asks whether the transport is settled. */
  whenAsked: () => boolean
}

let temp: TempLedger
let pace: Pace
let transport: FakeTransport
let time: number
let handOut: () => Promise<Round>
beforeEach(() => {
  temp = openTempLedger()
  time = testTime
  transport = {
    capacity: { webhook: 100, slack: 100, email: 100 },
    leaseMs: 60_000,
    losesWorkWithProcess: true,
    carried: [],
    open: true,
    whenAsked: () => true,
    async carry(jobs) {
      if (transport.open) transport.carried.push(...jobs)
      return transport.open
    },
    settled: async () => transport.whenAsked(),
    start: async () => {},
    health: async () => ({ blocking: [], warnings: [] }),
    stop: async () => {},
  }
  restart()
})
afterEach(() => temp.remove())

/** Begins with an empty memory, as a new process does. */
function restart(): void {
  const { ledger } = temp
  pace = createPace()
  const makeJob = createJobMaker({
    ledger,
    signingKey: () => 'key',
    unsubscribeUrl: () => 'http://127.0.0.1:9/',
  })
  handOut = createHandOut({ ledger, transport, pace, makeJob, now: () => time })
}

/** Hands out one round; what was carried in it. */
async function round(): Promise<Job[]> {
  const before = transport.carried.length
  await handOut()
  return transport.carried.slice(before)
}

/** Records outcomes as the recorder does. */
function finish(jobs: Job[], changes: Partial<Outcome> = {}): void {
  const outcomes = jobs.map((job) => outcomeOf(job, { startedAt: time, ...changes }))
  temp.ledger.outcomes.record(outcomes, time, () => 0.5)
  for (const outcome of outcomes) pace.ended(outcome, time)
}

/** Hooks on so many addresses of a channel, and so many events for all of them. */
function owe({ endpoints = 1, events = 1, channel = 'webhook' as Channel }): void {
  for (let number = 1; number <= endpoints; number += 1)
    temp.hook({ channel, url: `http://127.0.0.1:9/${channel}/${number}` })
  const already = temp.query('SELECT id FROM events').length
  temp.ledger.together(() => {
    for (let number = 1; number <= events; number += 1) temp.arrive({ version: `${already + number}` })
  })
  temp.fanOut()
}

const countByUrl = (jobs: Job[]) => {
  const counts: Record<string, number> = {}
  for (const { url } of jobs) counts[url] = (counts[url] ?? 0) + 1
  return Object.values(counts)
}

describe('a round', () => {
  it('with nothing due carries nothing', async () => {
    expect(await handOut()).toEqual({ open: true, more: false, resumeAt: undefined })
    expect(transport.carried).toEqual([])
  })

  it('leases what it carries, and carries it once', async () => {
    owe({ events: 2 })
    expect(await round()).toMatchObject([
      { deliveryId: 1, attempt: 1, channel: 'webhook', url: 'http://127.0.0.1:9/webhook/1' },
      { deliveryId: 2, attempt: 1 },
    ])
    expect(temp.ledger.deliveries.leased()).toHaveLength(2)
    expect(temp.ledger.deliveries.nextMoment()).toBe(testTime + 60_000)
    expect(await round()).toEqual([])
  })

  it('says that there may be more, until there is not', async () => {
    owe({ events: 5 })
    expect(await handOut()).toMatchObject({ open: true, more: true })
    expect(await handOut()).toMatchObject({ open: true, more: false })
  })

  it.each<[Channel, number]>([
    ['webhook', 4],
    ['slack', 1],
    ['email', 2],
  ])('gives one address on %s %i at a time', async (channel, cap) => {
    owe({ channel, events: 9 })
    const first = await round()
    expect(first).toHaveLength(cap)
    expect(await round()).toEqual([])
    finish(first)
    time += 1000
    expect(await round()).toHaveLength(cap)
  })

  it('gives Slack one a second, and says when to go on', async () => {
    owe({ channel: 'slack', events: 3 })
    finish(await round())
    time += 999
    expect(await handOut()).toEqual({ open: true, more: false, resumeAt: testTime + 1000 })
    time += 1
    expect(await round()).toHaveLength(1)
  })

  it('leaves an address alone that asked for it, and serves the others', async () => {
    owe({ endpoints: 2, events: 3 })
    const [first] = await round()
    finish([first as Job], { verdict: 'retry', statusCode: 429, retryAfterMs: 120_000 })
    owe({ endpoints: 2, events: 3 })
    const after = await round()
    expect(after.map(({ url }) => url)).toEqual(['http://127.0.0.1:9/webhook/2'])
    time += 120_000
    expect((await handOut()).more).toBe(true)
  })

  it('lets one address that never answers hold nobody else up', async () => {
    owe({ endpoints: 3, events: 20 })
    const stuck = (await round()).filter(({ url }) => url.endsWith('/1'))
    expect(stuck).toHaveLength(4)
    for (let turn = 0; turn < 10; turn += 1) {
      const out = temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)
      finish(
        transport.carried.filter(({ deliveryId, url }) => out.includes(deliveryId) && !url.endsWith('/1')),
      )
      await round()
    }
    const left = temp.query<{ url: string }>(
      `SELECT DISTINCT url FROM deliveries JOIN endpoints ON endpoints.id = endpoint_id WHERE state = 'pending'`,
    )
    expect(left).toEqual([{ url: 'http://127.0.0.1:9/webhook/1' }])
  })

  it('fills the room that a channel has, and lets addresses take turns', async () => {
    transport.capacity = { webhook: 6, slack: 0, email: 0 }
    owe({ endpoints: 5, events: 8 })
    owe({ channel: 'slack', events: 1 })
    const served = new Set<string>()
    for (let turn = 0; turn < 5; turn += 1) {
      const jobs = await round()
      expect(jobs).toHaveLength(6)
      for (const { url } of jobs) served.add(url)
      expect(Math.max(...countByUrl(jobs))).toBeLessThanOrEqual(4)
      finish(jobs)
    }
    expect(served.size).toBe(5)
    expect(transport.carried.every(({ channel }) => channel === 'webhook')).toBe(true)
  })

  it('counts what is out against the room', async () => {
    transport.capacity = { webhook: 6, slack: 100, email: 100 }
    owe({ endpoints: 5, events: 3 })
    const first = await round()
    expect(await round()).toEqual([])
    finish(first.slice(0, 2))
    expect(await round()).toHaveLength(2)
  })

  it('does not let a full channel hold the others up', async () => {
    transport.capacity = { webhook: 1, slack: 100, email: 100 }
    owe({ endpoints: 3, events: 2 })
    await round()
    owe({ channel: 'email' })
    expect((await round()).map(({ channel }) => channel)).toEqual(['email'])
  })

  it('carries a delivery again when its wait is over, as its next attempt', async () => {
    owe({})
    finish(await round(), { verdict: 'retry', statusCode: 500 })
    time += 4999
    expect(await round()).toEqual([])
    time += 1
    expect(await round()).toMatchObject([{ deliveryId: 1, attempt: 2 }])
  })

  it('does not carry what was cancelled', async () => {
    owe({ events: 2 })
    const url = 'http://127.0.0.1:9/webhook/1'
    temp.ledger.hooks.remove({ accountId: temp.account(), gemName: '*', url }, time)
    expect(await round()).toEqual([])
  })
})

describe('a transport that is closed', () => {
  it('gets nothing, and everything is due again', async () => {
    owe({ events: 3 })
    transport.open = false
    expect(await handOut()).toMatchObject({ open: false, more: false })
    expect(temp.due()).toHaveLength(3)
    expect(pace.out('webhook')).toBe(0)
    transport.open = true
    expect(await round()).toHaveLength(3)
  })
})

describe('a lease that ends without an outcome', () => {
  it('is handed out again, as the same attempt with the same message', async () => {
    owe({})
    const [first] = await round()
    time += 60_000
    expect(await round()).toEqual([first])
    expect(temp.ledger.deliveries.nextMoment()).toBe(time + 60_000)
    expect(await round()).toEqual([])
  })

  it('is not handed out before its time', async () => {
    owe({})
    await round()
    time += 59_999
    expect(await round()).toEqual([])
  })

  it('is handed out after a restart, too', async () => {
    owe({})
    const first = await round()
    temp.reopen()
    restart()
    expect(await round()).toEqual([])
    time += 60_000
    expect(await round()).toEqual(first)
  })

  it('is not handed out while outcomes are still on their way', async () => {
    owe({ events: 1 })
    await round()
    transport.whenAsked = () => false
    time += 60_000
    expect(await round()).toEqual([])
    transport.whenAsked = () => true
    expect(await round()).toHaveLength(1)
  })

  it.each([
    ['succeeded', {}],
    ['failed', { verdict: 'retry', statusCode: 500 }],
    ['died', { verdict: 'dead', statusCode: 400 }],
  ] as const)('is not handed out when its outcome comes in just then: it %s', async (_title, changes) => {
    owe({ events: 2 })
    const [first, second] = (await round()) as [Job, Job]
    time += 60_000
    transport.whenAsked = () => {
      finish([first], changes)
      return true
    }
    expect(await round()).toEqual([second])
    expect(temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)).toEqual([second.deliveryId])
  })

  it('stays leased when the transport is closed: a worker may still hold it', async () => {
    owe({})
    await round()
    time += 60_000
    transport.open = false
    expect(await handOut()).toMatchObject({ open: false })
    expect(temp.ledger.deliveries.leased()).toHaveLength(1)
    transport.open = true
    expect(await round()).toEqual([])
    time += 60_000
    expect(await round()).toHaveLength(1)
  })

  it('takes its slot again before anything new gets it', async () => {
    owe({ channel: 'slack', events: 2 })
    const first = await round()
    time += 60_001
    pace.sweep(time)
    expect(await round()).toEqual(first)
    expect(pace.out('slack')).toBe(1)
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
        temp.remove()
        temp = openTempLedger()
        time = testTime
        transport.carried = []
        transport.open = true
        restart()
        for (const channel of ['webhook', 'slack', 'email'] as const) owe({ channel, events: 2 })
        for (const one of steps) {
          await take(one)
          const out = temp.query<{ channel: string; count: number }>(
            `SELECT channel, count(*) AS count FROM deliveries WHERE stage = 'leased' GROUP BY endpoint_id`,
          )
          const caps: Record<string, number> = { webhook: 4, slack: 1, email: 2 }
          for (const { channel, count } of out) expect(count).toBeLessThanOrEqual(caps[channel] ?? 0)
        }
        for (let turn = 0; temp.ledger.deliveries.countPending() > 0; turn += 1) {
          expect(turn).toBeLessThan(500)
          time += 60_001
          pace.sweep(time)
          finish(await round())
        }
        const carried = new Set(transport.carried.map(({ deliveryId }) => deliveryId))
        expect(carried.size).toBe(temp.query('SELECT id FROM deliveries').length)
      }),
      { numRuns: 25 },
    )
  })

  async function take(one: string): Promise<void> {
    const out = temp.ledger.deliveries.leased().map(({ deliveryId }) => deliveryId)
    const jobs = transport.carried.filter(({ deliveryId }) => out.includes(deliveryId)).slice(-1)
    if (one === 'round') await round()
    else if (one === 'success') finish(jobs)
    else if (one === 'failure') finish(jobs, { verdict: 'retry', statusCode: 429 })
    else if (one === 'second') time += 1000
    else if (one === 'event') owe({ events: 1 })
    else if (one === 'restart') {
      temp.reopen()
      restart()
      pace.started(temp.ledger.deliveries.leased(), time + transport.leaseMs, time)
    } else if (one === 'closed') {
      transport.open = false
      await round()
      transport.open = true
    } else {
      time += 60_001
      pace.sweep(time)
    }
  }
})
