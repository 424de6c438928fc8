import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import { goneForGood, tooManyFailures } from '../../src/health.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const failed: Partial<Outcome> = { verdict: 'retry', statusCode: 500, error: 'It answered 500.' }
const dead: Partial<Outcome> = { verdict: 'dead', statusCode: 400, error: 'It answered 400.' }
const gone: Partial<Outcome> = { verdict: 'dead', statusCode: 410, endpointGone: true }

const record = (outcomes: Outcome[], now = testTime) =>
  temp.ledger.outcomes.record(outcomes, now, now, () => 0.5)
const delivery = (id: number) => temp.query('SELECT * FROM deliveries WHERE id = ?', id)[0]
const attempts = () => temp.query('SELECT * FROM attempts ORDER BY delivery_id, number')
const endpoint = () => temp.query('SELECT * FROM endpoints')[0]
const failureCounts = () =>
  temp.query('SELECT gem_name AS gem, failure_count AS failures FROM hooks ORDER BY id')

/** A delivery that was handed out: about a release of its own, to a hook on `*`. */
function oweOne(version: string): Lease {
  temp.hook()
  const { eventId } = temp.arrive({ version })
  temp.fanOut()
  const lease = temp.due().find((one) => one.eventId === eventId)
  if (lease === undefined) throw new Error('nothing is due')
  temp.ledger.deliveries.lease([lease], testTime + 1000)
  return lease
}

describe('a delivery that ended dead', () => {
  it('counts for the hooks that wanted it: those on its gem and on *', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: '*' })
    temp.hook({ gemName: 'rack' })
    temp.hook({ gemName: 'rails', account: 'other' })
    temp.hook({ gemName: 'rails', url: 'http://127.0.0.1:9/other' })
    temp.arrive({ name: 'rails' })
    temp.fanOut()
    const [first] = temp.due() as [Lease]
    record([outcomeOf(first, dead)])
    expect(failureCounts()).toEqual([
      { gem: 'rails', failures: 1 },
      { gem: '*', failures: 1 },
      { gem: 'rack', failures: 0 },
      { gem: 'rails', failures: 0 },
      { gem: 'rails', failures: 0 },
    ])
  })

  it('counts once, after its last attempt, and for ever', () => {
    const lease = oweOne('1')
    for (let attempt = 1; attempt <= 7; attempt += 1) record([outcomeOf({ ...lease, attempt }, failed)])
    expect(failureCounts()).toEqual([{ gem: '*', failures: 0 }])
    expect(endpoint()).toMatchObject({ failures_since_last_success: 0, last_failure_at: null })
    record([outcomeOf({ ...lease, attempt: 8 }, failed)])
    expect(failureCounts()).toEqual([{ gem: '*', failures: 1 }])
    record([outcomeOf(oweOne('2'))])
    expect(failureCounts()).toEqual([{ gem: '*', failures: 1 }])
    expect(temp.ledger.hooks.list(temp.account())).toMatchObject([{ failureCount: 1 }])
  })

  it("shows in the endpoint's health, by when the attempt ended", () => {
    const at = (startedAt: number) => ({ startedAt, durationMs: 5 })
    const later = testTime + 1000
    record([outcomeOf(oweOne('1'), { ...dead, ...at(testTime) })], later)
    expect(endpoint()).toMatchObject({ failures_since_last_success: 1, last_failure_at: testTime + 5 })
    record([outcomeOf(oweOne('2'), at(testTime + 10))], later)
    expect(endpoint()).toMatchObject({ failures_since_last_success: 0, last_success_at: testTime + 15 })
    record([outcomeOf(oweOne('3'), { ...dead, ...at(testTime + 2) })], later)
    expect(endpoint()).toMatchObject({ failures_since_last_success: 0, last_failure_at: testTime + 7 })
  })

  it("does not believe a worker's clock that runs ahead", () => {
    record([outcomeOf(oweOne('1'), { startedAt: testTime + 3_600_000 })])
    expect(endpoint()).toMatchObject({ last_success_at: testTime })
  })
})

describe('an address that is gone', () => {
  it('is disabled at once, and what is pending there is cancelled', () => {
    const lease = oweOne('1')
    oweOne('2')
    temp.arrive({ version: '3' })
    temp.hook({ gemName: '*', url: 'http://127.0.0.1:9/other' })
    temp.fanOut()
    const [recorded] = record([outcomeOf(lease, gone)], testTime + 9)
    expect(recorded).toMatchObject({ died: true, disabled: goneForGood })
    expect(endpoint()).toMatchObject({ disabled_at: testTime + 9, disabled_reason: goneForGood })
    const states = temp
      .query<{ state: string }>('SELECT state FROM deliveries ORDER BY id')
      .map(({ state }) => state)
    expect(states).toEqual(['dead', 'cancelled', 'cancelled', 'pending'])
    expect(temp.query('SELECT * FROM deliveries WHERE id = 2')).toMatchObject([
      { stage: 'withdrawn', finished_at: testTime + 9 },
    ])
  })

  it('gets no new deliveries until somebody registers it again', () => {
    record([outcomeOf(oweOne('1'), gone)])
    temp.arrive({ version: '2' })
    temp.fanOut()
    expect(temp.due()).toEqual([])
    temp.hook({ gemName: 'gemherald-demo' })
    temp.arrive({ version: '3' })
    temp.fanOut()
    expect(temp.due()).toMatchObject([{ eventId: 3 }])
  })

  it('is disabled once, though two attempts say so', () => {
    const [first, second] = ['1', '2'].map(oweOne) as [Lease, Lease]
    const records = record([outcomeOf(first, gone), outcomeOf(second, gone)])
    expect(records.map(({ disabled }) => disabled)).toEqual([goneForGood, null])
    expect(delivery(2)).toMatchObject({ state: 'cancelled' })
    expect(attempts()).toHaveLength(2)
  })
})

describe('an endpoint that only fails', () => {
  const day = 24 * 60 * 60_000
  const die = (number: number, now: number) =>
    record([outcomeOf(oweOne(`${number}`), { ...dead, startedAt: now })], now)[0]?.disabled

  it('is disabled at the 25th failure when none succeeded for a month', () => {
    for (let number = 1; number <= 24; number += 1) expect(die(number, testTime + 40 * day)).toBeNull()
    oweOne('99')
    expect(die(25, testTime + 40 * day)).toBe(tooManyFailures)
    expect(endpoint()).toMatchObject({ disabled_at: testTime + 40 * day, disabled_reason: tooManyFailures })
    expect(temp.ledger.deliveries.countPending()).toBe(0)
    expect(temp.ledger.hooks.list(temp.account())).toMatchObject([{ failureCount: 25 }])
  })

  it('is left alone within its first month, however often it fails, and then disabled at the next failure', () => {
    for (let number = 1; number <= 40; number += 1) expect(die(number, testTime + 29 * day)).toBeNull()
    expect(die(41, testTime + 31 * day)).toBe(tooManyFailures)
  })

  it('is left alone for a month after a success', () => {
    record([outcomeOf(oweOne('99'), { startedAt: testTime + 20 * day })], testTime + 20 * day)
    for (let number = 1; number <= 30; number += 1) expect(die(number, testTime + 40 * day)).toBeNull()
    expect(die(31, testTime + 52 * day)).toBe(tooManyFailures)
  })
})
