import { beforeEach, describe, expect, it } from 'vitest'
import { createPace, type Pace } from '../../src/dispatch/pace.js'
import type { Channel } from '../../src/endpoint.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import { outcomeOf } from '../helpers/temp-ledger.js'

let pace: Pace
let deliveryId: number
beforeEach(() => {
  pace = createPace()
  deliveryId = 0
})

const now = 1_000_000
const leaseUntil = now + 120_000

function lease(channel: Channel, endpointId = 1): Lease {
  deliveryId += 1
  return { deliveryId, eventId: 1, endpointId, channel, attempt: 1 }
}

const ended = (one: Lease, changes: Parameters<typeof outcomeOf>[1] = {}, at = now) =>
  pace.ended(outcomeOf(one, { startedAt: at, ...changes }), at)

describe('an endpoint', () => {
  it.each<[Channel, number]>([
    ['webhook', 4],
    ['slack', 1],
    ['email', 2],
    ['inbox', 4],
  ])('on %s may have %i attempts in flight', (channel, cap) => {
    expect(pace.free(channel, 1, now)).toBe(cap)
    const leases = Array.from({ length: cap }, () => lease(channel))
    for (const [index, one] of leases.entries()) {
      pace.started([one], leaseUntil, now)
      expect(pace.free(channel, 1, now + 2000)).toBe(cap - index - 1)
      expect(pace.out(channel)).toBe(index + 1)
    }
    const [first] = leases as [Lease]
    ended(first)
    expect(pace.free(channel, 1, now + 2000)).toBe(1)
    expect(pace.out(channel)).toBe(cap - 1)
  })

  it('has no less than no slots, though more was handed out than it may have', () => {
    pace.started(
      Array.from({ length: 6 }, () => lease('webhook')),
      leaseUntil,
      now,
    )
    expect(pace.free('webhook', 1, now)).toBe(0)
    expect(pace.out('webhook')).toBe(6)
  })

  it('does not count for another one, nor a channel for another one', () => {
    pace.started([lease('webhook', 1), lease('email', 2)], leaseUntil, now)
    expect(pace.free('webhook', 3, now)).toBe(4)
    expect(pace.free('email', 2, now)).toBe(1)
    expect([pace.out('webhook'), pace.out('slack'), pace.out('email')]).toEqual([1, 0, 1])
  })

  it('counts a delivery once that is handed out again', () => {
    const one = lease('webhook')
    pace.started([one], leaseUntil, now)
    pace.started([one], leaseUntil + 1000, now)
    expect(pace.free('webhook', 1, now)).toBe(3)
    expect(pace.out('webhook')).toBe(1)
  })

  it('gets back what did not go out after all', () => {
    const leases = [lease('webhook'), lease('webhook')]
    pace.started(leases, leaseUntil, now)
    pace.returned(leases)
    pace.returned(leases)
    expect(pace.free('webhook', 1, now)).toBe(4)
    expect(pace.out('webhook')).toBe(0)
  })

  it('counts an outcome once that comes twice', () => {
    const [one, two] = [lease('webhook'), lease('webhook')]
    pace.started([one, two], leaseUntil, now)
    ended(one)
    ended(one)
    expect(pace.free('webhook', 1, now)).toBe(3)
  })

  it('does not take a second outcome of one attempt for the end of the next', () => {
    const first = lease('webhook')
    const second = { ...first, attempt: 2 }
    pace.started([first], leaseUntil, now)
    ended(first)
    pace.started([second], leaseUntil, now)
    ended(first)
    expect(pace.free('webhook', 1, now)).toBe(3)
    ended(second)
    expect(pace.free('webhook', 1, now)).toBe(4)
  })

  it('is not touched by outcomes of deliveries that are not out', () => {
    ended(lease('slack'), { verdict: 'retry', retryAfterMs: 60_000 })
    expect(pace.free('slack', 1, now)).toBe(1)
    expect(pace.heldUntil(1)).toBeUndefined()
  })
})

describe('Slack', () => {
  it('gets a second between the starts of attempts', () => {
    const one = lease('slack')
    pace.started([one], leaseUntil, now)
    ended(one)
    expect(pace.free('slack', 1, now + 999)).toBe(0)
    expect(pace.heldUntil(1)).toBe(now + 1000)
    expect(pace.free('slack', 1, now + 1000)).toBe(1)
  })

  it('gets it from when the attempt really began, not from when it was handed out', () => {
    const one = lease('slack')
    pace.started([one], leaseUntil, now)
    ended(one, { durationMs: 100 }, now + 30_100)
    expect(pace.free('slack', 1, now + 30_999)).toBe(0)
    expect(pace.free('slack', 1, now + 31_000)).toBe(1)
  })

  it.each([3_600_000, -3_600_000])("goes by no worker's clock, such as one that is %i ms ahead", (ms) => {
    const one = lease('slack')
    pace.started([one], leaseUntil, now)
    ended(one, { startedAt: now + 100 + ms, durationMs: 0 }, now + 100)
    expect(pace.free('slack', 1, now + 1099)).toBe(0)
    expect(pace.free('slack', 1, now + 1100)).toBe(1)
  })

  it('still has but one attempt in flight after that second', () => {
    pace.started([lease('slack')], leaseUntil, now)
    expect(pace.free('slack', 1, now + 5000)).toBe(0)
  })

  it('alone gets it', () => {
    for (const channel of ['webhook', 'email'] as const) {
      const one = lease(channel)
      pace.started([one], leaseUntil, now)
      ended(one)
      expect(pace.free(channel, 1, now)).toBeGreaterThan(0)
      expect(pace.heldUntil(1)).toBeUndefined()
    }
  })
})

describe('an endpoint that asks for rest', () => {
  it.each<[string, Parameters<typeof outcomeOf>[1], number | undefined]>([
    ['gets it', { verdict: 'retry', statusCode: 503, retryAfterMs: 90_000 }, 90_000],
    ['gets an hour at most', { verdict: 'retry', statusCode: 503, retryAfterMs: 86_400_000 }, 3_600_000],
    ['with 429 alone gets a minute', { verdict: 'retry', statusCode: 429 }, 60_000],
    ['with 429 and a time gets that', { verdict: 'retry', statusCode: 429, retryAfterMs: 2000 }, 2000],
    ['by failing only does not', { verdict: 'retry', statusCode: 500 }, undefined],
    ['while it succeeds does not', { verdict: 'succeeded', retryAfterMs: 90_000 }, undefined],
    [
      'while it refuses for good does not',
      { verdict: 'dead', statusCode: 400, retryAfterMs: 90_000 },
      undefined,
    ],
  ])('%s', (_title, changes, restMs) => {
    const [one, two] = [lease('webhook'), lease('webhook', 2)]
    pace.started([one, two], leaseUntil, now)
    ended(one, changes)
    expect(pace.heldUntil(1)).toBe(restMs && now + restMs)
    expect(pace.free('webhook', 1, now + (restMs ?? 0) - 1)).toBe(restMs ? 0 : 4)
    expect(pace.free('webhook', 1, now + (restMs ?? 0))).toBe(4)
    expect(pace.free('webhook', 2, now)).toBe(3)
  })

  it('keeps the longer of two rests', () => {
    const [one, two] = [lease('webhook'), lease('webhook')]
    pace.started([one, two], leaseUntil, now)
    ended(one, { verdict: 'retry', retryAfterMs: 90_000 })
    ended(two, { verdict: 'retry', retryAfterMs: 10_000 })
    expect(pace.heldUntil(1)).toBe(now + 90_000)
  })
})

describe('a sweep', () => {
  const noneLeased = () => false

  it('keeps a lease that ended as long as the ledger has it: a worker may still hold it', () => {
    pace.started([lease('webhook')], now + 100, now)
    pace.sweep(now + 1000, () => true)
    expect(pace.out('webhook')).toBe(1)
    pace.sweep(now + 1000, noneLeased)
    expect(pace.out('webhook')).toBe(0)
  })

  it('forgets leases that ended without an outcome, and rests that are over', () => {
    const [lost, held] = [lease('webhook'), lease('email', 2)]
    pace.started([lost], now + 100, now)
    pace.started([held], now + 5000, now)
    const slack = lease('slack', 3)
    pace.started([slack], now + 5000, now)
    pace.sweep(now + 100, noneLeased)
    expect(pace.out('webhook')).toBe(1)
    pace.sweep(now + 1000, noneLeased)
    expect([pace.out('webhook'), pace.out('email'), pace.out('slack')]).toEqual([0, 1, 1])
    expect(pace.heldUntil(3)).toBeUndefined()
    expect(pace.free('slack', 3, now + 1000)).toBe(0)
    ended(lost)
    expect(pace.out('webhook')).toBe(0)
  })

  it('leaves rests alone that are not over', () => {
    pace.started([lease('slack')], leaseUntil, now)
    pace.sweep(now + 999, noneLeased)
    expect(pace.heldUntil(1)).toBe(now + 1000)
  })
})

describe('an endpoint that is slow to fail', () => {
  it('gets one attempt at a time until one succeeds', () => {
    const first = lease('webhook')
    pace.started([first], leaseUntil, now)
    ended(first, { verdict: 'retry', durationMs: 15_000 })
    expect(pace.free('webhook', 1, now)).toBe(1)
    const second = { ...lease('webhook'), deliveryId: 99 }
    pace.started([second], leaseUntil, now)
    ended(second)
    expect(pace.free('webhook', 1, now)).toBe(4)
  })
})

describe('the bytes that are out', () => {
  it('are those of the leases that are out', () => {
    const one = lease('webhook')
    pace.started([one], leaseUntil, now)
    pace.weigh(one.deliveryId, 500)
    pace.weigh(one.deliveryId, 700)
    expect(pace.bytesOut()).toBe(700)
    ended(one)
    expect(pace.bytesOut()).toBe(0)
  })
})

describe('what an endpoint is given at present', () => {
  it('is all that its channel allows, to begin with', () => {
    const nothing = { underWay: 0, restMs: 0 }
    expect(pace.of('webhook', 1, now)).toEqual({ ...nothing, mostUnderWay: 4, msBetweenStarts: 0 })
    expect(pace.of('slack', 1, now)).toEqual({ ...nothing, mostUnderWay: 1, msBetweenStarts: 1000 })
  })

  it('shows what is out and how long it rests', () => {
    pace.started([lease('slack')], leaseUntil, now)
    expect(pace.of('slack', 1, now + 400)).toMatchObject({ underWay: 1, restMs: 600 })
    expect(pace.of('slack', 1, now + 5000)).toMatchObject({ underWay: 1, restMs: 0 })
    expect(pace.of('slack', 2, now)).toMatchObject({ underWay: 0, restMs: 0 })
  })

  it('is one attempt while it is slow to fail', () => {
    const first = lease('webhook')
    pace.started([first], leaseUntil, now)
    ended(first, { verdict: 'retry', durationMs: 15_000 })
    expect(pace.of('webhook', 1, now)).toMatchObject({ underWay: 0, mostUnderWay: 1 })
  })
})
