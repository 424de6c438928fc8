import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readExpiry } from '../../src/manage/key-expiry.js'

const now = Date.UTC(2026, 10, 21, 9, 30)
const hour = 3_600_000
const day = 24 * hour

describe('readExpiry', () => {
  it.each([
    ['12h', now + 12 * hour],
    ['90d', now + 90 * day],
    ['6w', now + 42 * day],
    ['1y', now + 365 * day],
    ['2027-01-31', Date.UTC(2027, 0, 31)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2027-01-31T08:15', Date.UTC(2027, 0, 31, 8, 15)],
    ['2027-01-31T08:15:30Z', Date.UTC(2027, 0, 31, 8, 15, 30)],
    ['2027-01-31T08:15:30.5Z', Date.UTC(2027, 0, 31, 8, 15, 30, 500)],
    ['2027-01-31T08:15+02:00', Date.UTC(2027, 0, 31, 6, 15)],
    ['2026-11-21T09:31', now + 60_000],
  ])('takes %j', (text, at) => {
    expect(readExpiry(text, now)).toBe(at)
  })

  it.each(
    [
      ['', '90', 'd', '0d', '-1d', '1.5d', '90 d', '90D', '90m', '1d2h', '1e3d', '9999999d', '999999y'],
      ['never', 'tomorrow', '2026-11-20', '2026-11-21', '2026-11-21T09:30', '2026-11-21T10:30+02:00'],
      ['2027-02-29', '2027-13-01', '2027-00-10', '2027-01-32', '2027-1-5', '27-01-05', '01/31/2027'],
      ['2027-01-31T24:30', '2027-01-31T25:00', '2027-01-31 08:15', '2027-01-31T08', '2027-01-31T08:15+99:00'],
    ].flat(),
  )('refuses %j', (text) => {
    expect(readExpiry(text, now)).toBeUndefined()
  })

  it('gives nothing or a time in the future that can be written, whatever it gets', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{1,7}[hdwy]$/),
      fc.stringMatching(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d:\d\d)?$/),
    )
    fc.assert(
      fc.property(text, (given) => {
        const at = readExpiry(given, now)
        if (at === undefined) return
        expect(at).toBeGreaterThan(now)
        expect(new Date(at).toISOString()).toMatch(/^\d{4}-/)
      }),
    )
  })
})
