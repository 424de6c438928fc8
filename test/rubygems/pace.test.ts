import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createPace, type Gate } from '../../src/rubygems/pace.js'

let time: number
let pace: ReturnType<typeof createPace>
let all: Gate
let searches: Gate

beforeEach(() => {
  time = 5_000
  pace = createPace(() => time)
  ;[all, searches] = [pace.host[0] as Gate, pace.search[0] as Gate]
})

/** When each of so many, all asked for at once, may go. */
function places(gate: Gate, count: number): number[] {
  return Array.from({ length: count }, () => time + gate.take())
}

describe('createPace', () => {
  it('lets 8 go at once, and 8 more after a little more than each second', () => {
    expect(places(all, 17)).toEqual([...Array(8).fill(5_000), ...Array(8).fill(6_100), 7_200])
  })

  it('lets 90 searches go in a minute', () => {
    expect(places(searches, 91)).toEqual([...Array(90).fill(5_000), 65_000])
  })

  it('counts searches among all, once they may go', () => {
    expect(pace.search).toEqual([searches, all])
    expect(pace.fire).toEqual([all])
  })

  it('makes nobody wait for searches that have to', () => {
    places(searches, 200)
    expect(all.waitMs()).toBe(0)
  })

  it('tells the wait without taking a place', () => {
    for (let i = 0; i < 20; i++) expect(all.waitMs()).toBe(0)
  })

  it('does not stall when the clock is set back', () => {
    time = 1_000_000
    places(all, 8)
    time = 0
    expect(all.waitMs()).toBe(0)
  })

  it.each([
    ['all', 8, 1_100],
    ['searches', 90, 60_000],
  ])('keeps to the limit of %s, whenever they come, and in their order', (which, limit, lengthMs) => {
    fc.assert(
      fc.property(fc.array(fc.nat(lengthMs / 4), { maxLength: 300 }), (pauses) => {
        time = 0
        const gates = createPace(() => time)
        const gate = (which === 'all' ? gates.host[0] : gates.search[0]) as Gate
        const went = pauses.map((pause) => {
          time += pause
          return time + gate.take()
        })
        expect(went).toEqual([...went].sort((a, b) => a - b))
        went.forEach((at, i) => {
          expect((went[i + limit] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(lengthMs)
        })
      }),
    )
  })
})
