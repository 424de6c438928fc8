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
    holds.keep('host', throttled(3_000))
    time += 1_000
    expect(holds.on('host')).toEqual({ leftMs: 2_000, failure: throttled(2_000) })
    expect(holds.on('search')).toBeNull()
    time += 2_000
    expect(holds.on('host')).toBeNull()
  })

  it.each([
    [3_000, 5_000],
    [5_000, 3_000],
  ])('keeps to the longest of several (%d, %d)', (first, second) => {
    holds.keep('host', throttled(first))
    holds.keep('host', throttled(second))
    expect(holds.on('host')?.leftMs).toBe(5_000)
  })

  it.each([null, 0])('holds nothing up for %s', (retryAfterMs) => {
    holds.keep('host', throttled(retryAfterMs))
    expect(holds.on('host')).toBeNull()
  })

  it('does not last longer when the clock is set back', () => {
    holds.keep('host', throttled(3_000))
    time = 0
    expect(holds.on('host')).toBeNull()
  })
})
