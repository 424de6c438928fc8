import { expect, it } from 'vitest'
import { span } from '../../src/watch/span.js'

it.each([
  [-5_000, '0 s'],
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [12_059_000, '3 h 20 min'],
  [47 * 3_600_000 + 59 * 60_000, '47 h 59 min'],
  [48 * 3_600_000, '2 days'],
  [5.9 * 86_400_000, '5 days'],
])('%d ms is %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})
