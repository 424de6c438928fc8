import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedFor, longestDelayMs, retryDelayMs, retrySchedule } from '../src/retry.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const noHints = { statusCode: 500, retryAfterMs: null }
const lowest = () => 0
const middle = () => 0.5
const highest = () => 0.999999

// Written out here on purpose: the schedule is a promise to users.
const promised: [attempt: number, step: number][] = [
  [1, 5 * second],
  [2, 5 * minute],
  [3, 30 * minute],
  [4, 2 * hour],
  [5, 5 * hour],
  [6, 10 * hour],
  [7, 10 * hour],
]

describe('the schedule', () => {
  it.each(promised)('after attempt %i: %i ms, give or take 20 %%', (attempt, step) => {
    expect(retryDelayMs(attempt, noHints, lowest)).toBe(0.8 * step)
    expect(retryDelayMs(attempt, noHints, middle)).toBe(step)
    const longest = retryDelayMs(attempt, noHints, highest) ?? 0
    expect(longest).toBeGreaterThan(1.199 * step)
    expect(longest).toBeLessThanOrEqual(1.2 * step)
  })

  it('has eight attempts in all', () => {
    expect(retrySchedule).toHaveLength(7)
    expect(retryDelayMs(8, noHints, middle)).toBeNull()
    expect(retryDelayMs(9, { statusCode: 429, retryAfterMs: hour }, middle)).toBeNull()
  })
})

describe('the longest delay', () => {
  it.each(promised)('after attempt %i is reached, and never exceeded', (attempt) => {
    const longest = longestDelayMs(attempt)
    const asking = { statusCode: 503, retryAfterMs: 24 * hour }
    expect(retryDelayMs(attempt, asking, highest)).toBeGreaterThan(0.999 * longest)
    expect(retryDelayMs(attempt, asking, highest)).toBeLessThanOrEqual(longest)
  })

  it('after the last attempt is none', () => {
    expect(longestDelayMs(8)).toBe(0)
  })
})

describe('Retry-After', () => {
  it.each<[string, attempt: number, status: number | null, retryAfterMs: number | null, waitMs: number]>([
    ['longer than the step counts', 1, 503, 90 * second, 90 * second],
    ['a little longer than the step counts', 2, 503, 5 * minute + 1, 5 * minute + 1],
    ['shorter than the step does not', 2, 503, 90 * second, 5 * minute],
    ['counts up to an hour', 1, 503, 3 * hour, hour],
    ['counts up to an hour, which may be shorter than the step', 4, 503, 3 * hour, 2 * hour],
    ['of no time at all changes nothing', 1, 503, 0, 5 * second],
    ['counts with any status', 1, 200, minute, minute],
    ['counts with an SMTP answer', 1, 421, minute, minute],
    ['counts without an answer', 1, null, minute, minute],
    ['of 429 counts as it stands', 1, 429, 10 * second, 10 * second],
    ['missing from a 429: a minute', 1, 429, null, minute],
    ['missing from a 429, where the step is longer', 2, 429, null, 5 * minute],
    ['missing from another answer', 1, 503, null, 5 * second],
  ])('%s', (_title, attempt, statusCode, retryAfterMs, waitMs) => {
    expect(retryDelayMs(attempt, { statusCode, retryAfterMs }, middle)).toBe(waitMs)
  })

  it('is measured against the step as it was jittered', () => {
    expect(retryDelayMs(1, { statusCode: 503, retryAfterMs: 5.5 * second }, lowest)).toBe(5.5 * second)
    expect(retryDelayMs(1, { statusCode: 503, retryAfterMs: 5.5 * second }, highest)).toBeGreaterThan(
      5.9 * second,
    )
  })

  it('of 429 is at least a minute for any jitter when it is missing', () => {
    expect(retryDelayMs(1, { statusCode: 429, retryAfterMs: null }, lowest)).toBe(minute)
    expect(askedFor({ statusCode: 429, retryAfterMs: null })).toBe(minute)
    expect(askedFor({ statusCode: 500, retryAfterMs: null })).toBe(0)
  })

  it('never makes a wait shorter than the step or longer than it may', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.option(fc.integer({ min: 0, max: 100 * hour })),
        fc.option(fc.constantFrom(200, 301, 404, 421, 429, 500, 503)),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, retryAfterMs, statusCode, random) => {
          const step = retrySchedule[attempt - 1] ?? 0
          const wait = retryDelayMs(attempt, { statusCode, retryAfterMs }, () => random) ?? 0
          expect(Number.isInteger(wait)).toBe(true)
          expect(wait).toBeGreaterThanOrEqual(Math.round(0.8 * step))
          expect(wait).toBeLessThanOrEqual(Math.max(1.2 * step, hour))
        },
      ),
    )
  })
})
