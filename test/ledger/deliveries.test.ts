import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lease } from '../../src/ledger/deliveries.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { payloadOf } from '../helpers/webhooks.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const deliveries = () => temp.ledger.deliveries
const ids = (leases: Lease[]) => leases.map(({ deliveryId }) => deliveryId)
const later = testTime + 60_000

/** So many deliveries, numbered from 1, due at one endpoint. */
function owe(count: number): void {
  temp.hook()
  for (let version = 1; version <= count; version += 1) temp.arrive({ version: `${version}` })
  temp.fanOut()
}

/** Lets the first attempt of deliveries fail: they wait 5 s each. */
function fail(leases: Lease[], at = testTime): void {
  const outcomes = leases.map((lease) => outcomeOf(lease, { verdict: 'retry', statusCode: 500 }))
  temp.ledger.outcomes.record(outcomes, at, at, () => 0.5)
}

describe('what is due', () => {
  it("is offered by endpoint, an endpoint's oldest first", () => {
    const first = temp.hook({ url: 'http://127.0.0.1:9/1' })
    const second = temp.hook({ url: 'http://127.0.0.1:9/2', gemName: 'rails' })
    for (const [name, version] of [
      ['rails', '1'],
      ['rack', '1'],
      ['rails', '2'],
    ])
      temp.arrive({ name, version })
    temp.fanOut()
    const { due, nextDueEndpoint } = deliveries()
    expect(nextDueEndpoint('webhook', 0)).toBe(first)
    expect(nextDueEndpoint('webhook', first)).toBe(second)
    expect(nextDueEndpoint('webhook', second)).toBeUndefined()
    expect(nextDueEndpoint('slack', 0)).toBeUndefined()
    expect(due('webhook', first, 10)).toEqual([
      { deliveryId: 1, eventId: 1, endpointId: first, channel: 'webhook', attempt: 1 },
      { deliveryId: 3, eventId: 2, endpointId: first, channel: 'webhook', attempt: 1 },
      { deliveryId: 4, eventId: 3, endpointId: first, channel: 'webhook', attempt: 1 },
    ])
    expect(ids(due('webhook', first, 2))).toEqual([1, 3])
    expect(ids(due('webhook', second, 10))).toEqual([2, 5])
    expect(due('slack', first, 10)).toEqual([])
  })

  it('keeps channels apart', () => {
    for (const channel of ['webhook', 'slack', 'email'] as const) temp.hook({ channel })
    temp.arrive()
    temp.fanOut()
    expect(temp.due().map(({ channel }) => channel)).toEqual(['webhook', 'slack', 'email'])
  })

  it('is told apart from what waits and what is out', () => {
    const { anyDue, lease } = deliveries()
    expect(anyDue(testTime)).toBe(false)
    owe(1)
    expect(anyDue(testTime)).toBe(true)
    lease(temp.due(), later)
    expect(anyDue(later)).toBe(false)
    fail(deliveries().leased())
    expect(anyDue(testTime + 4999)).toBe(false)
    expect(anyDue(testTime + 5000)).toBe(true)
  })
})

describe('a lease', () => {
  it('takes a delivery off what is due until it is released', () => {
    owe(3)
    const [first, second, third] = temp.due() as [Lease, Lease, Lease]
    deliveries().lease([first, third], later)
    expect(temp.due()).toEqual([second])
    expect(deliveries().leased()).toEqual([first, third])
    expect(deliveries().nextMoment()).toBe(later)
    deliveries().release([third])
    expect(temp.due()).toEqual([second, third])
    expect(deliveries().leased()).toEqual([first])
  })

  it('ends without an outcome when its time is over, the oldest first', () => {
    owe(3)
    const [first, second, third] = temp.due() as [Lease, Lease, Lease]
    deliveries().lease([first], later + 2)
    deliveries().lease([second], later)
    deliveries().lease([third], later + 1)
    const { expired } = deliveries()
    expect(expired(['webhook'], later - 1, 10)).toEqual([])
    expect(expired(['webhook'], later, 10)).toEqual([second])
    expect(expired(['webhook'], later + 2, 10)).toEqual([second, third, first])
    expect(expired(['webhook'], later + 2, 1)).toEqual([second])
  })

  it('is extended by another one, for the same attempt', () => {
    owe(1)
    const leases = temp.due()
    deliveries().lease(leases, later)
    deliveries().lease(deliveries().expired(['webhook'], later, 1), later + 1000)
    expect(deliveries().expired(['webhook'], later, 1)).toEqual([])
    expect(deliveries().expired(['webhook'], later + 1000, 1)).toEqual(leases)
  })

  it('survives a restart, unless all are taken back', () => {
    owe(2)
    const leases = temp.due()
    deliveries().lease(leases, later)
    temp.reopen()
    expect(deliveries().leased()).toEqual(leases)
    deliveries().releaseAll()
    expect(deliveries().leased()).toEqual([])
    expect(temp.due()).toEqual(leases)
    expect(deliveries().nextMoment()).toBeUndefined()
  })

  it('is not given on what is final', () => {
    owe(2)
    const leases = temp.due()
    temp.ledger.hooks.remove(
      { accountId: temp.account(), gemName: '*', url: 'http://127.0.0.1:9/hook' },
      testTime,
    )
    deliveries().lease(leases, later)
    expect(deliveries().leased()).toEqual([])
    deliveries().release(leases)
    expect(temp.due()).toEqual([])
    expect(deliveries().countPending()).toBe(0)
  })

  it('that is released after its outcome came changes nothing', () => {
    owe(1)
    const leases = temp.due()
    deliveries().lease(leases, later)
    fail(leases)
    deliveries().release(leases)
    expect(temp.due()).toEqual([])
    expect(deliveries().nextMoment()).toBe(testTime + 5000)
  })
})

describe('waiting deliveries', () => {
  it('are due again when their time has come, for the next attempt', () => {
    owe(1)
    fail(temp.due())
    const { promote } = deliveries()
    expect(promote(testTime + 4999, 10)).toBe(0)
    expect(temp.due()).toEqual([])
    expect(promote(testTime + 5000, 10)).toBe(1)
    expect(temp.due()).toMatchObject([{ deliveryId: 1, attempt: 2 }])
    expect(promote(testTime + 5000, 10)).toBe(0)
  })

  it('are promoted so many at a time, the earliest first', () => {
    owe(3)
    const [first, second, third] = temp.due() as [Lease, Lease, Lease]
    fail([third], testTime)
    fail([first], testTime + 1)
    fail([second], testTime + 2)
    expect(deliveries().promote(later, 2)).toBe(2)
    expect(ids(temp.due())).toEqual([1, 3])
    expect(deliveries().promote(later, 2)).toBe(1)
    expect(ids(temp.due())).toEqual([1, 2, 3])
  })
})

describe('how far steady time is ahead of the wall clock', () => {
  it('is nothing until it is kept, and then outlives a restart', () => {
    expect(deliveries().aheadMs()).toBe(0)
    deliveries().keepAhead(86_400_000)
    deliveries().keepAhead(-3_600_000)
    temp.reopen()
    expect(deliveries().aheadMs()).toBe(-3_600_000)
  })
})

describe('what waits for longer than it can have to', () => {
  const hour = 3_600_000
  const dueAts = () =>
    temp.query<{ due_at: number }>('SELECT due_at FROM deliveries').map((row) => row.due_at)

  it.each([
    [1, hour],
    [2, hour],
    [3, hour],
    [4, 2.4 * hour],
    [5, 6 * hour],
    [6, 12 * hour],
    [7, 12 * hour],
  ])('after attempt %i is pulled back to %i ms from now', (attempts, longest) => {
    owe(2)
    temp.change(
      `UPDATE deliveries SET stage = 'waiting', attempts = ?, due_at = ? + id`,
      attempts,
      testTime + longest - 1,
    )
    expect(deliveries().pullBack(testTime)).toBe(1)
    expect(dueAts()).toEqual([testTime + longest, testTime + longest])
    expect(deliveries().pullBack(testTime)).toBe(0)
  })

  it('is nothing that does not wait', () => {
    owe(2)
    const [first] = temp.due() as [Lease, Lease]
    deliveries().lease([first], later)
    temp.change('UPDATE deliveries SET due_at = ?', later + 100 * hour)
    expect(deliveries().pullBack(testTime)).toBe(0)
    expect(dueAts()).toEqual([later + 100 * hour, later + 100 * hour])
  })
})

describe('the next moment', () => {
  it('is the earliest end of a wait or a lease', () => {
    owe(2)
    const [first, second] = temp.due() as [Lease, Lease]
    expect(deliveries().nextMoment()).toBeUndefined()
    deliveries().lease([first], later)
    expect(deliveries().nextMoment()).toBe(later)
    fail([second])
    expect(deliveries().nextMoment()).toBe(testTime + 5000)
  })
})

describe('counting', () => {
  it('counts what is owed, whatever its stage', () => {
    owe(4)
    const [first, second, third] = temp.due() as [Lease, Lease, Lease]
    deliveries().lease([first], later)
    fail([second])
    temp.ledger.outcomes.record([outcomeOf(third)], testTime, testTime)
    expect(deliveries().countPending()).toBe(3)
  })
})

describe('what a job is made from', () => {
  it('is the address of an endpoint', () => {
    const endpoint = temp.hook({ url: 'http://127.0.0.1:9/x', account: 'other' })
    expect(deliveries().address(endpoint)).toEqual({
      accountId: temp.account('other'),
      url: 'http://127.0.0.1:9/x',
    })
    expect(deliveries().address(99)).toBeUndefined()
  })

  it('is what happened', () => {
    temp.hook()
    temp.arrive({ version: '1.0' })
    const { eventId } = temp.arrive({ version: '1.1', yanked: true }, testTime + 1)
    temp.fanOut()
    expect(deliveries().eventFacts(eventId)).toEqual({
      kind: 'yanked',
      payload: payloadOf({ version: '1.1', yanked: true }),
      previous: '1.0',
      receivedAt: testTime + 1,
      via: null,
    })
    expect(deliveries().eventFacts(99)).toBeUndefined()
  })
})
