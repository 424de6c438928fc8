import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readableJson } from '../../../src/web/previews/readable-json.js'
import { codePoint } from '../../helpers/code-point.js'

it('shows what nobody can see as escapes', () => {
  const text = JSON.stringify({ a: 'x\u202Ey\u0085\u2028\u{E0041}' })
  expect(readableJson(text)).toBe('{\n  "a": "x\\u202ey\\u0085\\u2028\\udb40\\udc41"\n}')
})

it('means the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: codePoint }), { maxLength: 4 }), (texts) => {
      expect(JSON.parse(readableJson(JSON.stringify(texts)))).toEqual(texts)
    }),
  )
})
