import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rubyArray } from '../../src/manage/ruby-literal.js'
import { readRubyArray, withoutRubyArray } from '../../src/upstream/ruby-array.js'
import { codePoint } from '../helpers/code-point.js'

describe('readRubyArray', () => {
  it('reads back whatever Ruby prints', () => {
    const texts = fc.array(fc.string({ unit: codePoint }), { minLength: 1 })
    fc.assert(
      fc.property(texts, (strings) => {
        expect(readRubyArray(rubyArray(strings))).toEqual(strings)
      }),
    )
  })

  it.each([
    '',
    '[]',
    '["open',
    '["a" "b"]',
    '["a", 1]',
    '[nil]',
    '"a"',
    'Access Denied.',
    '["a"] and more',
    '["\\"]',
  ])('takes %j for none', (text) => {
    expect(readRubyArray(text)).toBeNull()
  })

  it('throws at nothing that looks like one', () => {
    const inside = fc.string({ unit: fc.constantFrom('\\', '"', 'u', '{', '}', 'F', '0', ',', ' ', 'é') })
    fc.assert(
      fc.property(inside, (text) => {
        readRubyArray(`["${text}"]`)
      }),
    )
    expect(readRubyArray('["\\u{FFFFFF}"]')).toEqual(['\\u{FFFFFF}'])
  })
})

describe('withoutRubyArray', () => {
  it.each([
    [
      '["Url does not appear to be a valid URL", "Url can\'t be blank"]',
      "Url does not appear to be a valid URL; Url can't be blank.",
    ],
    ['["A hook for http://a.example/\\"\\#{x} is there"]\n', 'A hook for http://a.example/"#{x} is there.'],
    ['["Is it so?"]', 'Is it so?'],
    ['No such webhook exists under your account.', 'No such webhook exists under your account.'],
  ])('%s', (text, sentence) => {
    expect(withoutRubyArray(text)).toBe(sentence)
  })
})
