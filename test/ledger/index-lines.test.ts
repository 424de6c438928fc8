import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const append = (lines: string[], head = 'head\n') => temp.ledger.indexLines.append(lines, head)

/** The whole file, read so many lines at a time. */
function whole(atOnce: number): string {
  let text = ''
  let lastId = 0
  for (;;) {
    const slice = temp.ledger.indexLines.after(lastId, atOnce)
    if (slice === undefined) return text
    text += slice.bytes
    expect(slice.endsAt).toBe(Buffer.byteLength(text))
    lastId = slice.lastId
  }
}

describe('the lines of the compact index', () => {
  it('are nothing before the first are added', () => {
    expect(temp.ledger.indexLines.after(0, 10)).toBeUndefined()
    expect(temp.ledger.indexLines.lastBefore(0)).toBe(0)
    expect(temp.ledger.indexLines.lastBefore(1000)).toBe(0)
  })

  it('stand after the first head, and no other', () => {
    append([])
    append(['a\n'], 'other\n')
    append([], 'other\n')
    append(['b\n', 'c\n'], 'other\n')
    for (const atOnce of [1, 2, 3, 100]) expect(whole(atOnce)).toBe('head\na\nb\nc\n')
    temp.reopen()
    append(['d\n'], 'other\n')
    expect(whole(2)).toBe('head\na\nb\nc\nd\n')
  })

  it('count bytes, not characters', () => {
    append(['ä\n', '\u{1f600}\n'])
    expect(whole(1)).toBe('head\nä\n\u{1f600}\n')
  })

  it('are undone with the commit that they are part of', () => {
    append(['a\n'])
    expect(() =>
      temp.ledger.lightly(() => {
        append(['b\n'])
        throw new Error('something else failed')
      }),
    ).toThrow('something else failed')
    append(['c\n'])
    expect(whole(9)).toBe('head\na\nc\n')
  })

  it('are found by any byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { maxLength: 40 }),
        fc.nat(400),
        (words, byte) => {
          temp.change('DELETE FROM index_lines')
          append(words.map((word) => `${word}\n`))
          const before = temp.ledger.indexLines.lastBefore(byte)
          const rows = temp.query<{ id: number; ends_at: number }>('SELECT id, ends_at FROM index_lines')
          expect(before).toBe(rows.filter(({ ends_at }) => ends_at <= byte).at(-1)?.id ?? before)
          const next = rows.find(({ id }) => id > before)
          if (next !== undefined) expect(next.ends_at).toBeGreaterThan(byte)
        },
      ),
      { numRuns: 60 },
    )
  })
})
