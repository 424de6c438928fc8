import { describe, expect, it } from 'vitest'
import { knownPrevious } from '../src/known-previous.js'

type Releases = Parameters<typeof knownPrevious>[0]['releases']
type Event = Parameters<ReturnType<typeof knownPrevious>>[0]

/** Releases in order of first sight; those in `yanked` by the event with that id. */
const seen = (numbers: readonly string[], yanked: Record<string, number> = {}) =>
  numbers.map((number, i) => ({
    number,
    platform: 'ruby',
    yanked: number in yanked,
    eventId: yanked[number] ?? i + 1,
  }))
const event = (facts: Partial<Event>): Event => ({
  id: 100,
  gemName: 'a',
  number: '2.0',
  platform: 'ruby',
  previous: null,
  isPreviousFixed: false,
  ...facts,
})
const asking = (releases: ReturnType<Releases['ofGem']>, facts: Partial<Event>) =>
  knownPrevious({ releases: { ofGem: () => releases } })(event(facts))

describe('knownPrevious', () => {
  it('asks for each gem once, and only where nothing came before by fan-out', () => {
    const asked: string[] = []
    const ofGem = (gemName: string) => {
      asked.push(gemName)
      return seen(['1.0', '1.1', '2.0'])
    }
    const previousOf = knownPrevious({ releases: { ofGem } })
    expect([
      previousOf(event({ previous: '1.0.9', isPreviousFixed: true })),
      previousOf(event({})),
      previousOf(event({ number: '1.0' })),
      previousOf(event({ gemName: 'b', number: '1.1' })),
    ]).toEqual(['1.0.9', '1.1', null, '1.0'])
    expect(asked).toEqual(['a', 'b'])
  })

  it.each([
    { title: 'what came later', numbers: ['2.0', '1.9'], result: null },
    { title: 'nothing but itself', numbers: ['2.0'], result: null },
    { title: 'a number of its own on another platform', numbers: ['2.0', '2.0'], result: null },
    { title: 'only higher ones before it', numbers: ['3.0', '2.0'], result: undefined },
    {
      title: 'one that was yanked before',
      numbers: ['1.0', '1.1', '2.0'],
      yanked: { '1.1': 50 },
      result: '1.0',
    },
    {
      title: 'one that was yanked later',
      numbers: ['1.0', '1.1', '2.0'],
      yanked: { '1.1': 150 },
      result: '1.1',
    },
    { title: 'all, when its claim still waits', numbers: ['1.0', '1.1'], result: '1.1' },
  ])('for an event that nobody wanted, with $title: $result', ({ numbers, yanked, result }) =>
    expect(asking(seen(numbers, yanked), {})).toBe(result),
  )

  it.each([
    { title: 'is the first when none other was known', numbers: ['2.0', '1.9'], result: null },
    { title: 'is no first one when others were', numbers: ['3.0', '2.0'], result: undefined },
    { title: 'is no step from one that was not told of', numbers: ['1.0', '2.0'], result: undefined },
  ])('never says other than what was sent: it $title', ({ numbers, result }) =>
    expect(asking(seen(numbers), { isPreviousFixed: true })).toBe(result),
  )

  it('does not look through thousands of versions', () => {
    const numbers = Array.from({ length: 3_000 }, (_, i) => `1.${i}`)
    expect(asking(seen(numbers), {})).toBeUndefined()
  })
})
