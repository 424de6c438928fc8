import { expect, it } from 'vitest'
import { createSteadyTime } from '../src/steady-time.js'

const clocks = { wall: 1_000_000, ran: 5.25 }
const make = (aheadMs: number) =>
  createSteadyTime({ now: () => clocks.wall, elapsed: () => clocks.ran }, aheadMs)

it('begins with the time of day, and goes on evenly whatever that is set to', () => {
  const steady = make(0)
  expect([steady.now(), steady.aheadMs()]).toEqual([1_000_000, 0])
  clocks.wall += 500
  clocks.ran += 500
  expect([steady.now(), steady.aheadMs()]).toEqual([1_000_500, 0])
  clocks.wall += 86_400_000
  expect([steady.now(), steady.aheadMs()]).toEqual([1_000_500, -86_400_000])
  clocks.wall -= 2 * 86_400_000
  clocks.ran += 1
  expect([steady.now(), steady.aheadMs()]).toEqual([1_000_501, 86_400_001])
})

it('goes on from where it was when it is told how far ahead that was', () => {
  const before = make(86_400_000)
  expect(make(before.aheadMs()).now()).toBe(before.now())
})

it('gives whole numbers, since moments are kept', () => {
  clocks.ran += 0.4999
  expect(make(0).now()).toSatisfy(Number.isInteger)
})
