import { describe, expect, it } from 'vitest'
import * as health from '../src/health.js'
import { type Health, mustDisable } from '../src/health.js'

const fresh: Health = {
  failuresSinceLastSuccess: 0,
  successesSinceLastFailure: 0,
  lastSuccessAt: null,
  lastFailureAt: null,
}

// All of this is long ago.
const afterSuccess = (before: Health, at: number) => health.afterSuccess(before, at, 1000)
const afterFailure = (before: Health, at: number) => health.afterFailure(before, at, 1000)

describe('health', () => {
  it('counts successes until a failure', () => {
    expect(afterSuccess(afterSuccess(fresh, 10), 20)).toEqual({
      failuresSinceLastSuccess: 0,
      successesSinceLastFailure: 2,
      lastSuccessAt: 20,
      lastFailureAt: null,
    })
  })

  it('counts failures until a success', () => {
    const failed = afterFailure(afterFailure(afterSuccess(fresh, 10), 20), 30)
    expect(failed).toEqual({
      failuresSinceLastSuccess: 2,
      successesSinceLastFailure: 0,
      lastSuccessAt: 10,
      lastFailureAt: 30,
    })
    expect(afterSuccess(failed, 40)).toEqual({
      failuresSinceLastSuccess: 0,
      successesSinceLastFailure: 1,
      lastSuccessAt: 40,
      lastFailureAt: 30,
    })
  })

  it('lets a late failure change only the time of the last failure', () => {
    const good = afterSuccess(afterFailure(fresh, 10), 40)
    expect(afterFailure(good, 20)).toEqual({ ...good, lastFailureAt: 20 })
    expect(afterFailure(good, 5)).toEqual(good)
  })

  it('lets a late success change only the time of the last success', () => {
    const bad = afterFailure(afterSuccess(fresh, 10), 40)
    expect(afterSuccess(bad, 20)).toEqual({ ...bad, lastSuccessAt: 20 })
    expect(afterSuccess(bad, 5)).toEqual(bad)
  })

  it('counts reports of the same moment', () => {
    expect(afterFailure(afterSuccess(fresh, 10), 10).failuresSinceLastSuccess).toBe(1)
    expect(afterSuccess(afterFailure(fresh, 10), 10).successesSinceLastFailure).toBe(1)
  })

  it('takes nothing for late that is older than what happened in the future: the clock was set back', () => {
    const good = afterSuccess(fresh, 500)
    expect(health.afterFailure(good, 20, 30)).toMatchObject({
      failuresSinceLastSuccess: 1,
      successesSinceLastFailure: 0,
    })
    const bad = afterFailure(fresh, 500)
    expect(health.afterSuccess(bad, 20, 30)).toMatchObject({
      failuresSinceLastSuccess: 0,
      successesSinceLastFailure: 1,
    })
  })
})

it('forgets a success in the future for the next one', () => {
  const good = afterSuccess(fresh, 500)
  expect(health.afterSuccess(good, 20, 30).lastSuccessAt).toBe(20)
  const bad = afterFailure(fresh, 500)
  expect(health.afterFailure(bad, 20, 30).lastFailureAt).toBe(20)
})

describe('mustDisable', () => {
  const at = (text: string) => Date.parse(`${text}Z`)
  const long = at('2026-01-01T00:00')
  const now = at('2026-09-15T12:00')
  const monthAgo = at('2026-08-15T12:00')

  it.each<[string, failures: number, lastSuccessAt: number | null, enabledAt: number, expected: boolean]>([
    ['25 failures, never a success', 25, null, long, true],
    ['24 failures, never a success', 24, null, long, false],
    ['25 failures, the last success more than a month ago', 25, monthAgo - 1, long, true],
    ['25 failures, the last success a month ago', 25, monthAgo, long, false],
    ['125 failures within a week', 125, at('2026-09-08T12:00'), long, false],
    ['25 failures, new', 25, null, monthAgo, false],
    ['25 failures, a month and a moment old', 25, null, monthAgo - 1, true],
    ['25 failures, enabled again last week', 25, long, at('2026-09-08T12:00'), false],
    ['none', 0, null, long, false],
  ])('%s: %i', (_title, failuresSinceLastSuccess, lastSuccessAt, enabledAt, expected) => {
    expect(mustDisable({ ...fresh, failuresSinceLastSuccess, lastSuccessAt }, enabledAt, now)).toBe(expected)
  })

  it.each([
    ['2026-03-31T08:00', '2026-02-28T08:00'],
    ['2026-03-30T08:00', '2026-02-28T08:00'],
    ['2026-03-29T08:00', '2026-02-28T08:00'],
    ['2026-03-28T08:00', '2026-02-28T08:00'],
    ['2028-03-31T08:00', '2028-02-29T08:00'],
    ['2028-03-30T08:00', '2028-02-29T08:00'],
    ['2026-05-31T08:00', '2026-04-30T08:00'],
    ['2026-07-31T08:00', '2026-06-30T08:00'],
    ['2026-08-31T08:00', '2026-07-31T08:00'],
    ['2026-01-31T08:00', '2025-12-31T08:00'],
    ['2026-01-01T00:00', '2025-12-01T00:00'],
    ['2026-03-01T00:00', '2026-02-01T00:00'],
  ])('a month before %s is %s', (then, before) => {
    const failing = { ...fresh, failuresSinceLastSuccess: 25 }
    expect(mustDisable({ ...failing, lastSuccessAt: at(before) }, long - 1e12, at(then))).toBe(false)
    expect(mustDisable({ ...failing, lastSuccessAt: at(before) - 1 }, long - 1e12, at(then))).toBe(true)
  })
})
