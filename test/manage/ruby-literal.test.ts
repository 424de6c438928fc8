import { describe, expect, it } from 'vitest'
import { rubyArray, rubyString } from '../../src/manage/ruby-literal.js'

// What Ruby 3.1 prints for these strings with `p`.
describe('rubyString', () => {
  it.each([
    ['plain', '"plain"'],
    ['"', String.raw`"\""`],
    ['\\', String.raw`"\\"`],
    ['#{x}', String.raw`"\#{x}"`],
    ['#$x #@x', String.raw`"\#$x \#@x"`],
    ['a#b ##{', String.raw`"a#b #\#{"`],
    ['\t\n\v\f\r\x07\b\x1b', String.raw`"\t\n\v\f\r\a\b\e"`],
    ['\0\x01\x1f\x7f', String.raw`"\u0000\u0001\u001F\u007F"`],
    ['\x80\x9f', String.raw`"\u0080\u009F"`],
    ['\x85', '"\x85"'],
    ['\u2028\u2029', String.raw`"\u2028\u2029"`],
    ['\u0378\uffff', String.raw`"\u0378\uFFFF"`],
    ['\u{10ffff}\u{e0000}', String.raw`"\u{10FFFF}\u{E0000}"`],
    ['é\u00a0\u3000\u200b\ufeff\ue000\u{1f600}', '"é\u00a0\u3000\u200b\ufeff\ue000\u{1f600}"'],
  ])('prints %j as %s', (text, literal) => {
    expect(rubyString(text)).toBe(literal)
  })
})

describe('rubyArray', () => {
  it('joins with a comma and a blank', () => {
    expect(rubyArray([])).toBe('[]')
    expect(rubyArray(['a', '"'])).toBe(String.raw`["a", "\""]`)
  })
})
