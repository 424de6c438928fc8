import { describe, expect, it } from 'vitest'
import { dayText, lastDays } from '../../../src/web/releases/days.js'
import { rubyFirst } from '../../../src/web/releases/platforms.js'
import { testTime } from '../../helpers/temp-ledger.js'

describe('rubyFirst', () => {
  it.each([
    { given: ['x', 'ruby', 'a'], ordered: ['ruby', 'a', 'x'] },
    { given: ['java', 'arm'], ordered: ['arm', 'java'] },
    { given: [], ordered: [] },
  ])('$given', ({ given, ordered }) => expect(rubyFirst(given)).toEqual(ordered))
})

describe('lastDays', () => {
  it('ends today', () => {
    const days = lastDays(testTime)
    expect([days.length, dayText(days[0] ?? 0), dayText(days.at(-1) ?? 0)]).toEqual([30, '3 Aug', '1 Sep'])
  })
})
