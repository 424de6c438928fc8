import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import { mostLooked } from '../../src/ledger/endpoint-trouble.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
let id: number
beforeEach(() => {
  temp = openTempLedger()
  id = temp.hook()
})
afterEach(() => temp.remove())

const now = () => temp.ledger.endpointTroubles.now(id)
const release = (count: number) => {
  for (let i = 0; i < count; i++) temp.arrive({ version: `1.${i}` })
  temp.fanOut()
}
const attempt = (deliveryId: number, changes: Partial<Outcome> = {}, number = 1) =>
  temp.ledger.outcomes.record(
    [outcomeOf({ deliveryId, attempt: number }, { verdict: 'retry', ...changes })],
    testTime + 3_600_000,
    0,
  )

it('is none before anything was tried, and none when all got through', () => {
  expect(now()).toBeUndefined()
  release(2)
  expect(now()).toBeUndefined()
  attempt(1, { verdict: 'succeeded' })
  expect(now()).toBeUndefined()
})

it('is what waits after a failure, with the error that came last', () => {
  release(4)
  attempt(1, { statusCode: 503, error: 'It answered 503.', startedAt: testTime + 60_000 })
  attempt(2, { statusCode: null, error: 'No answer.', startedAt: testTime + 120_000, durationMs: 15_000 })
  attempt(3, { statusCode: 404, error: 'It answered 404.', startedAt: testTime })
  expect(now()).toEqual({
    waiting: 3,
    error: 'No answer.',
    statusCode: null,
    at: testTime + 135_000,
  })
  attempt(3, { statusCode: 500, error: 'It broke.', startedAt: testTime + 300_000 }, 2)
  expect(now()).toMatchObject({ waiting: 3, error: 'It broke.', statusCode: 500 })
})

it('leaves out what was given up, what is asked for again, and other endpoints', () => {
  temp.hook({ url: 'http://127.0.0.1:9/other' })
  release(1)
  attempt(1, { verdict: 'dead' })
  attempt(2)
  expect(now()).toBeUndefined()
  temp.ledger.redeliver.one(temp.account(), 1, testTime)
  expect(now()).toBeUndefined()
  attempt(1, {}, 2)
  expect(now()).toMatchObject({ waiting: 1 })
})

it('looks at no more than the oldest ones', () => {
  release(mostLooked + 5)
  for (let deliveryId = 1; deliveryId <= mostLooked + 5; deliveryId++) attempt(deliveryId)
  expect(now()).toMatchObject({ waiting: mostLooked })
})
