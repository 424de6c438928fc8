import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cut, label, plain } from '../src/plain-text.js'
import { codePoint } from './helpers/code-point.js'

const anyText = fc.string({ unit: codePoint, maxLength: 300 })

describe('plain', () => {
  it.each([
    ['  two\n\n lines\t', 'two lines'],
    ['a\u0000b\u001bc\u007f', 'a b c'],
    ['a\u202Eb\u2066c\u200Ed\uFEFFe', 'abcde'],
    ['a\u2028b\u00A0c', 'a b c'],
    ['x\uD800y\uDC00z', 'xyz'],
    ['a\u00ADb\u034Fc\u115Fd\u3164e\uFFA0f\uFFFEg\u{10FFFF}h\u{E0041}i\u{E0100}j', 'abcdefghij'],
    ['\u200D \u200C\uFE0F', ''],
    ['\u200D\uFEFF\u200D', ''],
    ['a\u200D\u200C\u200D\uFE00b', 'ab'],
    ['❤️‍🔥 ♻️', '❤️‍🔥 ♻️'],
    ['👩‍👩‍👧 鋸 می‌خواهم', '👩‍👩‍👧 鋸 می‌خواهم'],
    [null, ''],
    [42, ''],
    [['a'], ''],
    [{}, ''],
  ])('makes %j into %j', (value, expected) => expect(plain(value, 100)).toBe(expected))

  it('leaves nothing that cannot be seen, and keeps to the limit', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 80 }), (text, max) => {
        const line = plain(text, max)
        expect(line.length).toBeLessThanOrEqual(max)
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u)
      }),
    )
  })
})

describe('cut', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a😀bc', 3, 'a…'],
    ['a😀bc', 4, 'a😀…'],
  ])('cuts %j to %d as %j', (text, max, expected) => expect(cut(text, max)).toBe(expected))
})

describe('label', () => {
  it.each([
    ['x86_64-linux-gnu', 'x86_64-linux-gnu'],
    ['8.2.0.beta1', '8.2.0.beta1'],
    ['<!channel>', '??channel?'],
    ['*a*`b`@here', '?a??b??here'],
    ['a\r\nb', 'a?b'],
    ['', 'unknown'],
    [null, 'unknown'],
    [7, 'unknown'],
    ['abcdefghijklmnopqrstu', 'abcdefghijklmnopqrs…'],
  ])('shows %j as %j', (value, expected) => expect(label(value, 20)).toBe(expected))
})
