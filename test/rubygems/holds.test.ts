import { beforeEach, describe, expect, it } from 'vitest'
import { createHolds, type Holds } from '../../src/rubygems/holds.js'
import { failure } from '../../src/rubygems/result.js'

let time: number
let holds: Holds

beforeEach(() => {
  time = 10_000
  holds = createHolds(() => time)
})

const throttled = (retryAfterMs: number | null) =>
  failure('throttled', 'Later.', { status: 429, retryAfterMs })

describe('createHolds', () => {
  it('holds a lane up until its time is over, and tells why and how long', () => {
    holds.keep('host', throttled(3_000), 'GET /versions')
    time += 1_000
    expect(holds.on('host')).toEqual({
      leftMs: 2_000,
      problem: throttled(2_000).problem,
      why: 'asked to be left alone until 1970-01-01T00:00:13.000Z (429 to GET /versions)',
    })
    expect(holds.on('search')).toBeNull()
    time += 2_000
    expect(holds.on('host')).toBeNull()
  })

  it.each([
    [3_000, 5_000],
    [5_000, 3_000],
  ])('keeps to the longest of several (%d, %d)', (first, second) => {
    holds.keep('host', throttled(first), 'GET /versions')
    holds.keep('host', throttled(second), 'GET /versions')
    expect(holds.on('host')?.leftMs).toBe(5_000)
  })

  it.each([null, 0])('holds nothing up for %s', (retryAfterMs) => {
    holds.keep('host', throttled(retryAfterMs), 'GET /versions')
    expect(holds.on('host')).toBeNull()
  })

  it('holds nothing up for more than 15 minutes', () => {
    holds.keep('host', throttled(365 * 24 * 3_600_000), 'GET /versions')
    expect(holds.on('host')?.leftMs).toBe(900_000)
    time += 900_000
    expect(holds.on('host')).toBeNull()
  })

  it('does not last longer when the clock is set back', () => {
    holds.keep('host', throttled(3_000), 'GET /versions')
    time = 0
    expect(holds.on('host')).toBeNull()
  })
})
