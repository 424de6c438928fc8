import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, isPrerelease, isVersion, jump, previousVersion } from '../src/version.js'

describe('isVersion', () => {
  it.each([
    '0',
    '1',
    '1.0',
    '01.2',
    '8.1.3.1',
    '1.0.0.rc1',
    '1.a',
    '1.0-1',
    '1-a-b',
    '1--',
    '1.0-x.y-z.3',
    '9'.repeat(5000),
  ])('takes %s', (text) => expect(isVersion(text)).toBe(true))

  it.each([
    '',
    ' ',
    'a',
    '.1',
    '1.',
    '1..2',
    'v1.0',
    '1.0 ',
    ' 1.0',
    '1.0\n',
    '1_0',
    '1.-1',
    '1-',
    '1-.a',
    '1.é',
    '１.0',
    '1.0+b',
  ])('refuses %j', (text) => expect(isVersion(text)).toBe(false))

  it.each(['.1', '1', '-', '-.a', '.a-'])('decides in linear time about a text of many %j', (piece) => {
    expect(isVersion(`1${piece.repeat(500_000)}!`)).toBe(false)
  })
})

describe('isPrerelease', () => {
  it.each([
    ['1.0.0', false],
    ['8.1.3.1', false],
    ['1.0.0.rc1', true],
    ['1.a', true],
    ['1.0-1', true],
  ])('%s: %s', (number, expected) => expect(isPrerelease(number)).toBe(expected))
})

describe('compareVersions', () => {
  it.each([
    '0.0.1.a < 0.0.1',
    '1.0 = 1',
    '1.0.0 = 1.0',
    '1.0.a = 1.a',
    '1.a.0 = 1.a',
    '01.02 = 1.2',
    '1.0-1 = 1.pre.1',
    '1.9 < 1.10',
    '1.0.0.rc1 < 1.0.0',
    '1.0.0.alpha < 1.0.0.beta',
    '1.0.0.beta9 < 1.0.0.beta10',
    '1.0.0.rc1 = 1.0.0.rc.1',
    '1.0.0.RC1 < 1.0.0.rc1',
    '1.a < 1.0.1',
    '1.0.1.a < 1.0.1.1',
    '1.a.0.b < 1.a',
    '8.2.0.beta1 < 8.2.0',
    '8.1.3 < 8.1.3.1',
    '9007199254740992 < 9007199254740993',
    '0 < 0.0.0.1',
  ])('%s', (line) => {
    const [a, sign, b] = line.split(' ') as [string, '<' | '=', string]
    const expected = sign === '<' ? -1 : 0
    expect(Math.sign(compareVersions(a, b))).toBe(expected)
    expect(Math.sign(compareVersions(b, a))).toBe(expected === 0 ? 0 : 1)
  })

  it('copes with numbers of any length', () => {
    const huge = '9'.repeat(200_000)
    expect(compareVersions(`1.${huge}`, `1.${huge}0`)).toBeLessThan(0)
    expect(compareVersions(`1.${'0'.repeat(200_000)}7`, '1.7')).toBe(0)
  })

  it('is a total order', () => {
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        const [low, middle, high] = [a, b, c].sort(compareVersions) as [string, string, string]
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
        expect(compareVersions(a, a)).toBe(0)
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0)
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0)
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0)
        if (compareVersions(a, b) === 0) {
          expect(Math.sign(compareVersions(a, c))).toBe(Math.sign(compareVersions(b, c)))
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('knows no trailing zeros', () => {
    fc.assert(
      fc.property(number, (a) => {
        expect(compareVersions(a, `${a}.0`)).toBe(0)
      }),
    )
  })
})

describe('previousVersion', () => {
  it.each([
    { number: '1.0.0', live: [], expected: null },
    { number: '1.0.0', live: ['1.0.0', '1.0', '1.0.1'], expected: null },
    { number: '8.1.3', live: ['8.1.2', '7.2.9', '8.1.10', '8.1.1'], expected: '8.1.2' },
    { number: '1.10', live: ['1.2', '1.9'], expected: '1.9' },
    { number: '1.0.0', live: ['1.0.0.rc1', '0.9'], expected: '0.9' },
    { number: '1.0.0', live: ['1.0.0.rc1', '1.0.0.beta1'], expected: '1.0.0.rc1' },
    { number: '1.0.0.rc2', live: ['1.0.0.rc1', '0.9'], expected: '1.0.0.rc1' },
    { number: '1.0.0.rc1', live: ['1.0.0', '0.9'], expected: '0.9' },
  ])('of $number among $live is $expected', ({ number, live, expected }) => {
    expect(previousVersion(number, live)).toBe(expected)
  })

  it('is lower, and nothing of the same kind lies between', () => {
    fc.assert(
      fc.property(number, fc.array(number), (now, live) => {
        const previous = previousVersion(now, live)
        const lower = live.filter((other) => compareVersions(other, now) < 0)
        expect(previous === null).toBe(lower.length === 0)
        if (previous === null) return
        expect(lower).toContain(previous)
        const rivals = isPrerelease(now)
          ? lower
          : lower.filter((other) => isPrerelease(other) === isPrerelease(previous))
        for (const rival of rivals) expect(compareVersions(rival, previous)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

describe('jump', () => {
  it.each([
    ['1.0.0', null, 'first'],
    ['1.0.0.rc1', null, 'first'],
    ['1.0.0.rc1', '0.9', 'prerelease'],
    ['1.0-1', '0.9', 'prerelease'],
    ['2.0.0', '1.9.9', 'major'],
    ['2', '1.9.9', 'major'],
    ['1.1', '1.0.9', 'minor'],
    ['1.1.0', '1.0', 'minor'],
    ['8.1.3', '8.1.2', 'patch'],
    ['8.1.3.1', '8.1.3', 'patch'],
    ['1.0.0', '1.0.0.rc1', 'major'],
    ['1', '1.0.0.rc1', 'major'],
    ['1.2.0', '1.2.0.rc1', 'minor'],
    ['1.2.3', '1.2.3.rc1', 'patch'],
    ['0.0.0', '0.0.0.a', 'major'],
    ['1.2.4', '1.2.3.beta9', 'patch'],
    ['01.3', '1.2', 'minor'],
  ])('%s after %s is %s', (number, previous, expected) => {
    expect(jump(number, previous)).toBe(expected)
  })
})

const segment = fc.oneof(fc.nat({ max: 11 }).map(String), fc.constantFrom('a', 'b', 'rc', 'RC', '0', '00'))
const number = fc
  .tuple(fc.nat({ max: 3 }), fc.array(segment, { maxLength: 4 }), fc.constantFrom('.', '-'))
  .map(([first, rest, separator]) => [first, ...rest].join(separator))
