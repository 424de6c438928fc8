import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  DeliveriesFound,
  DeliveryCursor,
  DeliveryFilter,
  DeliveryRow,
} from '../../src/ledger/delivery-list.js'
import { mostLooked } from '../../src/ledger/delivery-ranges.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { anyOf, event, forgetAll, keepDeliveries, keepEvents, type SceneDelivery } from './list-scene.js'

let temp: TempLedger
let us: number
let them: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
  them = temp.account('them')
})
afterEach(() => temp.remove())

const lists = () => temp.ledger.deliveryList
const list = (accountId: number, filter: DeliveryFilter = {}) =>
  lists().list(accountId, filter, { before: null, limit: 100 }).rows
const deadByEndpoint = (accountId: number, after: number | null = null, limit = 10) =>
  lists().deadByEndpoint(accountId, { after, limit })
const record = (...outcomes: ReturnType<typeof outcomeOf>[]) =>
  temp.ledger.outcomes.record(outcomes, testTime + 50, testTime + 50, () => 0.5)
const failed = { verdict: 'retry', statusCode: 503, response: 'busy', error: 'It answered 503.' } as const

describe('a delivery', () => {
  it('is shown with its event, its endpoint and its last attempt', () => {
    const endpointId = temp.hook()
    temp.arrive({ name: 'rails', version: '8.0.0', platform: 'java' })
    temp.fanOut(testTime + 1)
    const waiting = {
      id: 1,
      eventId: 1,
      endpointId,
      channel: 'webhook',
      url: 'http://127.0.0.1:9/hook',
      state: 'pending',
      attempts: 0,
      createdAt: testTime + 1,
      finishedAt: null,
      nextTryAt: null,
      event: { kind: 'pushed', gemName: 'rails', number: '8.0.0', platform: 'java' },
      lastError: null,
      lastStatus: null,
      endpointDisabled: false,
    }
    expect(list(us)).toEqual([waiting])
    const lease = { deliveryId: 1, attempt: 1 }
    record(outcomeOf(lease, failed))
    const tried = {
      ...waiting,
      attempts: 1,
      nextTryAt: testTime + 5050,
      lastError: 'It answered 503.',
      lastStatus: 503,
    }
    expect(list(us)).toEqual([tried])
    record(outcomeOf({ ...lease, attempt: 2 }, { statusCode: 204, startedAt: testTime + 20 }))
    const over = { ...tried, attempts: 2, state: 'succeeded', finishedAt: testTime + 50, nextTryAt: null }
    const shown = { ...over, lastError: null, lastStatus: 204 }
    expect(list(us)).toEqual([shown])
    const tries = [
      {
        number: 1,
        startedAt: testTime,
        durationMs: 12,
        verdict: 'retry',
        statusCode: 503,
        response: 'busy',
        error: 'It answered 503.',
      },
      {
        number: 2,
        startedAt: testTime + 20,
        durationMs: 12,
        verdict: 'succeeded',
        statusCode: 204,
        response: null,
        error: null,
      },
    ]
    expect(lists().find(us, 1)).toEqual({ ...shown, tries })
    expect(lists().tries(us, 1)).toEqual(tries)
    expect(lists().find(us, 2)).toBeUndefined()
    expect(lists().tries(us, 2)).toEqual([])
  })

  it('is due by the wall clock', () => {
    temp.hook()
    temp.arrive()
    temp.fanOut()
    record(outcomeOf({ deliveryId: 1, attempt: 1 }, failed))
    temp.ledger.deliveries.keepAhead(3000)
    expect(list(us)).toMatchObject([{ nextTryAt: testTime + 2050 }])
    temp.ledger.deliveries.promote(testTime + 6000, 10)
    expect(list(us)).toMatchObject([{ state: 'pending', nextTryAt: null }])
  })

  it('says when nothing may be sent to its endpoint', () => {
    temp.hook()
    const removed = temp.hook({ url: 'http://127.0.0.1:9/removed' })
    const disabled = temp.hook({ url: 'http://127.0.0.1:9/disabled' })
    temp.arrive()
    temp.fanOut()
    temp.ledger.endpoints.disable(us, disabled, 'because', testTime)
    temp.ledger.hooks.removeAddress(removed, testTime)
    expect(list(us).map((row) => [row.endpointId, row.state, row.endpointDisabled])).toEqual([
      [disabled, 'cancelled', true],
      [removed, 'cancelled', true],
      [1, 'pending', false],
    ])
  })
})

const states = ['pending', 'succeeded', 'dead', 'cancelled'] as const
const filters = fc.record({
  state: fc.constantFrom(...states),
  endpoint: fc.nat(3),
  eventId: fc.integer({ min: 1, max: 6 }),
  since: fc.integer({ min: testTime, max: testTime + 4 }),
  until: fc.integer({ min: testTime, max: testTime + 4 }),
})
const scene = fc.record({
  owed: fc.uniqueArray(
    fc.record({
      eventId: fc.integer({ min: 1, max: 5 }),
      endpoint: fc.nat(3),
      state: fc.constantFrom(...states),
      finishedAt: fc.integer({ min: testTime, max: testTime + 3 }),
    }),
    { maxLength: 20, selector: ({ eventId, endpoint }) => `${eventId} ${endpoint}` },
  ),
  filter: anyOf(filters),
  limit: fc.integer({ min: 1, max: 5 }),
})

it('any list holds what matches, page by page, each delivery once, and nothing of other accounts', () => {
  const endpoints = [1, 2, 3].map((index) => temp.hook({ url: `http://127.0.0.1:9/${index}` }))
  endpoints.push(temp.hook({ account: 'them' }))
  fc.assert(
    fc.property(scene, ({ owed, filter: { endpoint, ...rest }, limit }) => {
      forgetAll(temp)
      keepEvents(
        temp,
        [1, 2, 3, 4, 5].map((id) => event({ id })),
      )
      const rows: SceneDelivery[] = owed.map((one, index) => ({
        id: index + 1,
        eventId: one.eventId,
        endpointId: endpoints[one.endpoint] ?? 0,
        state: one.state,
        finishedAt: one.state === 'pending' ? null : one.finishedAt,
      }))
      keepDeliveries(temp, rows)
      const filter = { ...rest, endpointId: endpoint === undefined ? undefined : endpoints[endpoint] }
      const wanted = rows
        .filter(
          (one) =>
            one.endpointId !== endpoints[3] &&
            (filter.state === undefined || one.state === filter.state) &&
            (filter.endpointId === undefined || one.endpointId === filter.endpointId) &&
            (filter.eventId === undefined || one.eventId === filter.eventId) &&
            (filter.since === undefined || (one.finishedAt !== null && one.finishedAt >= filter.since)) &&
            (filter.until === undefined || (one.finishedAt !== null && one.finishedAt < filter.until)),
        )
        .sort((one, other) => other.eventId - one.eventId || other.id - one.id)
      const found: DeliveryRow[] = []
      let before: DeliveryCursor | null = null
      for (;;) {
        const page: DeliveriesFound = lists().list(us, filter, { before, limit })
        expect(page.rows.length).toBeLessThanOrEqual(limit)
        found.push(...page.rows)
        before = page.next
        if (before === null) break
      }
      expect(found.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id))
      expect(temp.ledger.redeliver.countDead(us, { ...filter, state: undefined }, null)).toEqual({
        count: list(us, { ...filter, state: 'dead' }).length,
        next: null,
      })
    }),
    { numRuns: 200 },
  )
})

it('goes on from a delivery of another event, too', () => {
  const endpointId = temp.hook()
  keepEvents(
    temp,
    [1, 2, 3].map((id) => event({ id })),
  )
  const owed = [1, 2, 3].map((id) => ({ id, eventId: id, endpointId, state: 'dead' as const, finishedAt: 1 }))
  keepDeliveries(temp, owed)
  const from = (eventId: number) =>
    lists()
      .list(us, { eventId: 2 }, { before: { eventId, id: 99 }, limit: 10 })
      .rows.map(({ id }) => id)
  expect([from(3), from(2), from(1)]).toEqual([[2], [2], []])
})

describe('a list by time', () => {
  const hour = 3_600_000
  /** One delivery an hour, each finished as it was received; ours are dead or succeeded, in turn. */
  function keepHourly(count: number): void {
    const endpointId = temp.hook()
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    const time = (id: number) => testTime + id * hour
    keepEvents(
      temp,
      ids.map((id) => event({ id, receivedAt: time(id) })),
    )
    keepDeliveries(
      temp,
      ids.map((id) => ({
        id,
        eventId: id,
        endpointId,
        state: id % 2 === 0 ? ('dead' as const) : ('succeeded' as const),
        finishedAt: time(id),
      })),
    )
  }

  it('ends a page after so many were looked at, and says where to go on', () => {
    keepHourly(2 * mostLooked + 10)
    const filter = { since: testTime, until: testTime + 4 * hour, state: 'dead' as const }
    temp.change('UPDATE events SET received_at = ?', testTime)
    const first = lists().list(us, filter, { before: null, limit: 5 })
    expect(first).toEqual({ rows: [], next: { eventId: 12, id: 12 } })
    const second = lists().list(us, filter, { before: first.next, limit: 5 })
    expect([second.rows.map(({ id }) => id), second.next]).toEqual([[2], null])
    const counted = temp.ledger.redeliver.countDead(us, filter, null)
    expect(counted).toEqual({ count: 0, next: first.next })
    expect(temp.ledger.redeliver.countDead(us, filter, counted.next)).toEqual({ count: 1, next: null })
  })

  it('keeps the order where states end at different places', () => {
    keepHourly(3 * mostLooked)
    temp.change("UPDATE deliveries SET state = 'cancelled' WHERE id % 2 = 1 AND id <= 100")
    temp.change('UPDATE events SET received_at = ?', testTime)
    const filter = { until: testTime + 150 * hour }
    const found: number[] = []
    let before: DeliveryCursor | null = null
    do {
      const page: DeliveriesFound = lists().list(us, filter, { before, limit: 40 })
      found.push(...page.rows.map(({ id }) => id))
      before = page.next
    } while (before !== null)
    expect(found).toEqual(Array.from({ length: 149 }, (_, index) => 149 - index))
  })

  it('begins with what was received before its end, though clocks were set back', () => {
    keepHourly(2 * mostLooked + 10)
    const filter = { until: testTime + 4 * hour }
    const seen = () => lists().list(us, filter, { before: null, limit: 5 })
    expect([seen().rows.map(({ id }) => id), seen().next]).toEqual([[3, 2, 1], null])
    // The newest event came when the clock was an hour ahead, and one in between when it was far behind.
    temp.change('UPDATE deliveries SET finished_at = ? WHERE id IN (2000, 4)', testTime + 4 * hour - 1)
    temp.change('UPDATE events SET received_at = ? WHERE id = 2000', testTime + hour)
    expect([seen().rows.map(({ id }) => id), seen().next]).toEqual([[2000, 4, 3, 2, 1], null])
  })
})

describe('dead deliveries by endpoint', () => {
  it('are counted up to a thousand, for endpoints that have some', () => {
    const [full, one] = [temp.hook(), temp.hook({ url: 'http://127.0.0.1:9/one' })]
    temp.hook({ url: 'http://127.0.0.1:9/fine' })
    const theirs = temp.hook({ account: 'them' })
    const ids = Array.from({ length: 1100 }, (_, index) => index + 1)
    keepEvents(
      temp,
      ids.map((id) => event({ id })),
    )
    keepDeliveries(temp, [
      ...ids.map((id) => ({
        id,
        eventId: id,
        endpointId: full,
        state: 'dead' as const,
        finishedAt: testTime,
      })),
      { id: 2001, eventId: 1, endpointId: one, state: 'dead', finishedAt: testTime },
      { id: 2002, eventId: 2, endpointId: one, state: 'succeeded', finishedAt: testTime },
      { id: 2003, eventId: 1, endpointId: theirs, state: 'dead', finishedAt: testTime },
    ])
    temp.ledger.endpoints.disable(us, one, 'gone', testTime)
    const url = 'http://127.0.0.1:9/hook'
    expect(deadByEndpoint(us)).toEqual([
      { endpointId: full, channel: 'webhook', url, disabledReason: null, dead: 1000 },
      {
        endpointId: one,
        channel: 'webhook',
        url: 'http://127.0.0.1:9/one',
        disabledReason: 'gone',
        dead: 1,
      },
    ])
    expect(deadByEndpoint(us, null, 1)).toMatchObject([{ endpointId: full }])
    expect(deadByEndpoint(us, full, 1)).toMatchObject([{ endpointId: one }])
    expect(deadByEndpoint(us, one)).toEqual([])
    expect(deadByEndpoint(them)).toMatchObject([{ endpointId: theirs, dead: 1 }])
  })
})

describe('an account', () => {
  it('sees nothing of another one', () => {
    const theirs = temp.hook({ account: 'them' })
    temp.arrive()
    temp.fanOut()
    record(outcomeOf({ deliveryId: 1, attempt: 1 }, { verdict: 'dead' }))
    for (const filter of [
      {},
      { state: 'dead' },
      { endpointId: theirs },
      { eventId: 1 },
      { endpointId: theirs, eventId: 1, state: 'dead' },
    ] satisfies DeliveryFilter[])
      expect([list(us, filter), list(them, filter).length]).toEqual([[], 1])
    expect(lists().find(us, 1)).toBeUndefined()
    expect(lists().tries(us, 1)).toEqual([])
    expect(deadByEndpoint(us)).toEqual([])
    expect(lists().find(them, 1)?.tries).toHaveLength(1)
  })
})
