import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bucket, bucketOf, msOf, percentile } from '../src/latency.js'

const monthMs = 30 * 86_400_000

/** The buckets that latencies fall into. */
function gathered(latencies: readonly number[]): Bucket[] {
  return latencies.map((ms) => ({ bucket: bucketOf(ms), count: 1 }))
}

describe('a class of latencies', () => {
  it.each([
    ['nothing', 0, 0],
    ['less than nothing, by a clock that was set', -5000, 0],
    ['one millisecond', 1, 0],
    ['a second', 1000, 30],
    ['a day', 86_400_000, 81],
  ])('holds %s', (_title, ms, bucket) => {
    expect(bucketOf(ms)).toBe(bucket)
  })

  it('stands for latencies that are an eighth off at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: monthMs }), (ms) => {
        expect(Math.abs(msOf(bucketOf(ms)) - ms)).toBeLessThanOrEqual(ms / 8 + 1)
      }),
    )
  })

  it('comes after those of shorter ones', () => {
    const latency = fc.integer({ min: 0, max: monthMs })
    fc.assert(
      fc.property(latency, latency, (one, other) => {
        expect(bucketOf(Math.min(one, other))).toBeLessThanOrEqual(bucketOf(Math.max(one, other)))
      }),
    )
  })
})

describe('a percentile', () => {
  it.each<[string, Bucket[], number, number | null]>([
    ['of nothing', [], 0.5, null],
    ['of classes that are empty', [{ bucket: 3, count: 0 }], 0.5, null],
    ['of one latency', gathered([1000]), 0.95, msOf(30)],
    ['half of two', gathered([1, 1000]), 0.5, msOf(0)],
    ['nearly all of twenty', gathered([...Array(19).fill(1), 1000]), 0.95, msOf(0)],
    ['nearly all of ten', gathered([...Array(9).fill(1), 1000]), 0.95, msOf(30)],
    ['of classes in any order', gathered([1000, 1, 1]), 0.5, msOf(0)],
  ])('%s', (_title, buckets, share, expected) => {
    expect(percentile(buckets, share)).toBe(expected)
  })

  it('is the class of the latency at its place', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: monthMs }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.95, 1), (all, share) => {
        const place = Math.ceil(share * all.length - 1e-9) - 1
        const there = [...all].sort((one, other) => one - other)[Math.max(0, place)] ?? 0
        expect(percentile(gathered(all), share)).toBe(msOf(bucketOf(there)))
      }),
    )
  })
})
