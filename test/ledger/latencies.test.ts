import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import { bucketOf, msOf } from '../../src/latency.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
let us: number
let them: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
  them = temp.account('them')
})
afterEach(() => temp.remove())

const dayMs = 86_400_000
const today = Math.floor(testTime / dayMs)
const about = (ms: number) => msOf(bucketOf(ms))
const read = (accountId = us, sinceDay = 0) => temp.ledger.latencies.read(accountId, sinceDay)

/** Deliveries to one endpoint of the account, about releases received at `testTime`. */
function owe(count: number, account = 'default'): number[] {
  const endpointId = temp.hook({ account })
  for (let index = 0; index < count; index += 1)
    temp.arrive({ name: `gem-${account}-${index}`, version: '1' })
  temp.fanOut()
  return temp
    .due()
    .filter((lease) => lease.endpointId === endpointId)
    .map(({ deliveryId }) => deliveryId)
}

/** The end of an attempt, so long after the receipt. */
function succeed(deliveryId: number, ms: number, changes: Partial<Outcome> = {}): Outcome {
  return outcomeOf({ deliveryId, attempt: 1 }, { startedAt: testTime + ms - 10, durationMs: 10, ...changes })
}

const record = (outcomes: Outcome[], now = testTime + 10 * dayMs) =>
  temp.ledger.outcomes.record(outcomes, now, now, () => 0.5)

it('are there for each day on which deliveries succeeded', () => {
  const ids = owe(4)
  const after = [100, 200, 3000, dayMs]
  record(ids.map((id, index) => succeed(id, after[index] ?? 0)))
  expect(read()).toEqual([
    { day: today, count: 3, p50: about(200), p95: about(3000) },
    { day: today + 1, count: 1, p50: about(dayMs), p95: about(dayMs) },
  ])
  expect(read(us, today + 1)).toHaveLength(1)
  expect(read(us, today + 2)).toEqual([])
})

it('add up over commits', () => {
  for (const id of owe(3)) record([succeed(id, 100)])
  expect(read()).toEqual([{ day: today, count: 3, p50: about(100), p95: about(100) }])
})

it('are those of the account', () => {
  const [ours, theirs] = [owe(1), owe(2, 'them')]
  record([...ours, ...theirs].map((id) => succeed(id, ours.includes(id) ? 100 : 5000)))
  expect(read()).toMatchObject([{ count: 1, p95: about(100) }])
  expect(read(them)).toMatchObject([{ p95: about(5000) }])
})

it('leave out what failed, what is told twice, and what a person asked for again', () => {
  const [failed, dead, twice, again] = owe(4) as [number, number, number, number]
  record([
    succeed(failed, 100, { verdict: 'retry', statusCode: 500 }),
    succeed(dead, 100, { verdict: 'dead' }),
    succeed(twice, 100),
    succeed(twice, 9000),
    succeed(again, 100, { verdict: 'dead' }),
  ])
  temp.ledger.redeliver.one(us, again, testTime)
  record([succeed(again, 9000, { attempt: 2 })])
  expect(read()).toEqual([{ day: today, count: 1, p50: about(100), p95: about(100) }])
})

it('count a success after retries from the receipt on', () => {
  const [id] = owe(1) as [number]
  record([succeed(id, 100, { verdict: 'retry', statusCode: 500 })])
  record([succeed(id, 8000, { attempt: 2 })])
  expect(read()).toMatchObject([{ count: 1, p50: about(8000) }])
})

it('are kept with the outcomes or not at all', () => {
  const [one, other] = owe(2) as [number, number]
  const broken = succeed(other, 100, { startedAt: undefined as unknown as number })
  expect(() => record([succeed(one, 100), broken])).toThrow()
  expect(read()).toEqual([])
})
