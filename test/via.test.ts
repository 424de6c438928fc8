import { describe, expect, it } from 'vitest'
import { readVia, writeVia } from '../src/via.js'

const ids = Array.from({ length: 20 }, (_, i) => i.toString(16).padStart(12, '0'))
const [a = '', b = ''] = ids

describe('readVia', () => {
  it.each([
    [a, [a]],
    [`${a}, ${b}`, [a, b]],
    [`${a},${b}`, [a, b]],
    [undefined, []],
    ['', []],
    ['1.1 proxy', []],
    [`${a};${b}`, []],
    [`${a}, `, []],
    [a.slice(1), []],
    [ids.join(', '), []],
    [[a, b], []],
  ])('of %j is %j', (header, expected) => {
    expect(readVia(header)).toEqual(expected)
  })
})

describe('writeVia', () => {
  it('adds this installation, and can always be read again', () => {
    expect(writeVia([], a)).toBe(a)
    let via: readonly string[] = []
    for (const id of ids) via = readVia(writeVia(via, id))
    expect(via).toEqual(ids.slice(-16))
  })
})
