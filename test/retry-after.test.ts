import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { retryAfterMs } from '../src/retry-after.js'

const now = Date.UTC(1994, 10, 6, 8, 49, 0)

// Far from GMT, so that a date read in local time shows.
beforeAll(() => {
  vi.stubEnv('TZ', 'America/New_York')
})

afterAll(() => {
  vi.unstubAllEnvs()
})

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    [' 120 ', 120_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
  ])('reads %j as %d ms', (header, expected) => expect(retryAfterMs(header, now)).toBe(expected))

  it.each([
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    'soon',
    '5 minutes',
    '1994-11-06',
    'Sun, 99 Nov 1994 08:49:37 GMT',
  ])('makes nothing of %j', (header) => expect(retryAfterMs(header, now)).toBeNull())

  it('gives a number that can be waited for, or null, whatever the header says', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,400}$/), fc.constant('9'.repeat(400)))
    fc.assert(
      fc.property(header, (text) => {
        const wait = retryAfterMs(text, now)
        expect(wait === null || (Number.isSafeInteger(now + wait) && wait >= 0)).toBe(true)
      }),
    )
  })
})
