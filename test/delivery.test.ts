import { describe, expect, it } from 'vitest'
import { afterAttempt, type Transition } from '../src/delivery.js'
import { outcomeOf } from './helpers/temp-ledger.js'

const middle = () => 0.5
const lease = { deliveryId: 1, attempt: 1 }

describe('afterAttempt', () => {
  it.each<[string, attempt: number, Parameters<typeof outcomeOf>[1], Transition]>([
    ['a success', 1, { verdict: 'succeeded' }, { state: 'succeeded' }],
    ['a success at the last attempt', 8, { verdict: 'succeeded' }, { state: 'succeeded' }],
    ['a success, whatever else the far side says', 1, { retryAfterMs: 5 }, { state: 'succeeded' }],
    ['a permanent failure', 1, { verdict: 'dead', statusCode: 410 }, { state: 'dead' }],
    ['a first failure', 1, { verdict: 'retry', statusCode: 500 }, { state: 'pending', waitMs: 5000 }],
    ['no answer', 2, { verdict: 'retry', statusCode: null }, { state: 'pending', waitMs: 300_000 }],
    [
      'a 429',
      1,
      { verdict: 'retry', statusCode: 429, retryAfterMs: 70_000 },
      { state: 'pending', waitMs: 70_000 },
    ],
    ['the seventh failure', 7, { verdict: 'retry' }, { state: 'pending', waitMs: 36_000_000 }],
    ['the eighth failure', 8, { verdict: 'retry' }, { state: 'dead' }],
  ])('%s', (_title, attempt, changes, expected) => {
    expect(afterAttempt(attempt, outcomeOf(lease, changes), middle)).toEqual(expected)
  })
})
