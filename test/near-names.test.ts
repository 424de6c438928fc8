import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearNames } from '../src/near-names.js'
import { codePoint } from './helpers/code-point.js'

const gems = [
  'rails',
  'rake',
  'rack',
  'rackup',
  'railties',
  'active_record',
  'ActiveRecord',
  'rspec-core',
  'a',
]

describe('nearNames', () => {
  it.each([
    ['rial', []],
    ['rials', ['rails']],
    ['rali', []],
    ['raisl', ['rails']],
    ['rak', ['rack', 'rake']],
    ['rakes', ['rake', 'rails']],
    ['activerecord', ['ActiveRecord', 'active_record']],
    ['active-recrod', ['ActiveRecord', 'active_record']],
    ['RSPEC_CORE', ['rspec-core']],
    ['rspeccoreee', ['rspec-core']],
    ['rspeccoreeee', []],
    ['rails', []],
    ['', ['a']],
  ])('of %s are %j', (wanted, expected) => {
    expect(nearNames(wanted, gems)).toEqual(expected)
  })

  it('are the nearest, then the shorter, then by alphabet, each once and only so many', () => {
    const names = ['railss', 'rails-', 'rail', 'raild', 'railc', 'rail', 'railxx']
    expect(nearNames('rails', names, 10)).toEqual(['rails-', 'rail', 'railc', 'raild', 'railss', 'railxx'])
    expect(nearNames('rails', names)).toEqual(['rails-', 'rail', 'railc'])
    expect(nearNames('rails', names, 0)).toEqual([])
  })

  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'C', 'c', '-', '_'), maxLength: 9 })

  it('are exactly those that a plain table of distances finds, in its order', () => {
    fc.assert(
      fc.property(name, fc.array(name), (wanted, names) => {
        const limit = bare(wanted).length < 5 ? 1 : 2
        const distance = (to: string) => distanceByTable(bare(wanted), bare(to))
        const expected = [...new Set(names)]
          .filter((to) => to !== wanted && distance(to) <= limit)
          .sort((a, b) => distance(a) - distance(b) || a.length - b.length || (a < b ? -1 : 1))
        expect(nearNames(wanted, names, 100)).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('hold any name with two slips of the finger far enough apart', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 8, maxLength: 30 })
    const slip = fc.constantFrom<(text: string) => string>(
      (text) => text.slice(1),
      (text) => `x${text}`,
      (text) => `x${text.slice(1)}`,
      (text) => `${text[1]}${text[0]}${text.slice(2)}`,
    )
    const reversed = (text: string) => [...text].reverse().join('')
    fc.assert(
      fc.property(word, slip, slip, (meant, first, second) => {
        const typed = reversed(second(reversed(first(meant))))
        expect(nearNames(typed, ['zzzzzzzz', meant])).toEqual(typed === meant ? [] : [meant])
      }),
    )
  })

  it('bear any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: codePoint }),
        fc.array(fc.string({ unit: codePoint })),
        (wanted, names) => {
          const near = nearNames(wanted, names)
          expect(near.length).toBeLessThanOrEqual(3)
          for (const found of near) expect(names).toContain(found)
          expect(near).not.toContain(wanted)
        },
      ),
    )
  })
})

const bare = (text: string) => text.toLowerCase().replaceAll('-', '').replaceAll('_', '')

/** The textbook's table, of which the code under test has none. */
function distanceByTable(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, i) =>
    Array.from({ length: to.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= from.length; i++)
    for (let j = 1; j <= to.length; j++) {
      const row = table[i] as number[]
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + same,
        swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
  return at(from.length, to.length)
}
