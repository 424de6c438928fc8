import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesOf, dependenciesIn } from '../../../src/dependency-changes.js'
import { cursorIn, cursorText } from '../../../src/web/release/cursor.js'
import { durationText } from '../../../src/web/release/duration-text.js'
import { excerptOf, shownBytes } from '../../../src/web/release/excerpt.js'
import { withParameter } from '../../../src/web/release/with-parameter.js'
import { fragments } from '../../channels/hostile-payloads.js'
import { hiddenCharacters } from '../../channels/judge-characters.js'

describe('durationText', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [240, '240 ms'],
    [999, '999 ms'],
    [1_240, '1.2 s'],
    [60_000, '1 min'],
    [12_000_000, '3 h 20 min'],
  ])('%d', (ms, text) => expect(durationText(ms)).toBe(text))
})

describe('excerptOf', () => {
  it.each([
    { said: 'ok', text: 'ok', leftOut: 0 },
    { said: '{\r\n\t"a": 1\n}\n', text: '{\n  "a": 1\n}', leftOut: 0 },
    { said: 'x'.repeat(shownBytes + 1), text: 'x'.repeat(shownBytes), leftOut: 1 },
    { said: `${'x'.repeat(shownBytes - 1)}é`, text: 'x'.repeat(shownBytes - 1), leftOut: 1 },
  ])('$said.length characters', ({ said, text, leftOut }) =>
    expect(excerptOf(said)).toEqual({ text, leftOut }),
  )

  it('hides nothing in what it shows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments)).map((parts) => parts.join('')),
        (said) => {
          expect(hiddenCharacters(excerptOf(said).text)).toEqual([])
        },
      ),
    )
  })
})

describe('cursorIn', () => {
  it('reads what cursorText writes', () =>
    expect(cursorIn(cursorText({ eventId: 7, id: 12 }))).toEqual({ eventId: 7, id: 12 }))

  it.each([null, '', '7', '7-', '-7-1', '7-1x', '1e3-1'])('takes %j for the first page', (text) =>
    expect(cursorIn(text)).toBeNull(),
  )
})

describe('withParameter', () => {
  it.each([
    { path: '/dead', value: 'x y', result: '/dead?a=x+y' },
    { path: '/dead?a=1&b=2', value: '3', result: '/dead?a=3&b=2' },
    { path: '/dead?a=1&b=2', value: null, result: '/dead?b=2' },
    { path: '/dead?a=1', value: null, result: '/dead' },
  ])('$path, $value', ({ path, value, result }) => expect(withParameter(path, 'a', value)).toBe(result))
})

describe('dependenciesIn', () => {
  it.each([
    { dependencies: undefined, found: null },
    { dependencies: null, found: null },
    { dependencies: 'x', found: null },
    { dependencies: { runtime: 'x' }, found: null },
    { dependencies: { runtime: [] }, found: [] },
    {
      dependencies: { runtime: [null, 1, {}, { name: 7 }, { name: 'a\u202E', requirements: ['x'] }] },
      found: [{ name: 'a', requirements: '' }],
    },
  ])('$dependencies', ({ dependencies, found }) =>
    expect(dependenciesIn({ dependencies }, 'runtime')).toEqual(found),
  )
})

describe('changesOf', () => {
  const one = (name: string, requirements = '>= 0') => ({ name, requirements })

  it('puts what changed before what did not', () => {
    const now = [one('b'), one('a'), one('c', '~> 2')]
    const before = [one('c', '~> 1'), one('a'), one('z')]
    expect(changesOf(now, before).map(({ name, change, before: old }) => [name, change, old])).toEqual([
      ['b', 'added', null],
      ['c', 'changed', '~> 1'],
      ['z', 'removed', null],
      ['a', 'same', null],
    ])
  })

  it('claims nothing when it does not know what was before', () =>
    expect(changesOf([one('a')], null)).toEqual([{ ...one('a'), change: 'unknown', before: null }]))
})
