import { commitLightly, type Database } from './open.js'

/** Some lines of the file, one after the other. */
export interface IndexSlice {
  bytes: Buffer
  /** Of the last of them. */
  lastId: number
  /** Bytes of the file up to the end of the last of them. */
  endsAt: number
}

/** The compact index's `/versions` as gemherald serves it: a file that only grows. What stands first is its head. */
export interface IndexLines {
  /**
   * Adds lines, each with its newline; when the file is empty, `head` before them. Commits lightly: what a power failure
   * undoes is written again.
   */
  append(lines: readonly string[], head: string): void
  /** What comes after a line, at most `limit` lines; after 0 from the beginning. Undefined when nothing comes. */
  after(id: number, limit: number): IndexSlice | undefined
  /** The last line that ends before a byte, counted from 0; 0 when none does. */
  lastBefore(byte: number): number
}

interface End {
  id: number
  endsAt: number
}

export function indexLinesIn(db: Database): IndexLines {
  const { $client: client } = db
  const end = client.prepare<[], End>(
    'SELECT id, ends_at AS endsAt FROM index_lines ORDER BY id DESC LIMIT 1',
  )
  const add = client.prepare('INSERT INTO index_lines (text, ends_at) VALUES (?, ?)')
  const after = client.prepare<[number, number], End & { text: string }>(
    'SELECT id, text, ends_at AS endsAt FROM index_lines WHERE id > ? ORDER BY id LIMIT ?',
  )
  const endAt = client
    .prepare<[number], number>('SELECT ends_at FROM index_lines WHERE id <= ? ORDER BY id DESC LIMIT 1')
    .pluck()

  return {
    append: (lines, head) =>
      commitLightly(db, () => {
        const before = end.get()
        let endsAt = before?.endsAt ?? 0
        for (const text of before === undefined ? [head, ...lines] : lines) {
          endsAt += Buffer.byteLength(text)
          add.run(text, endsAt)
        }
      }),

    after(id, limit) {
      const rows = after.all(id, limit)
      const last = rows.at(-1)
      if (last === undefined) return undefined
      const bytes = Buffer.from(rows.map(({ text }) => text).join(''))
      return { bytes, lastId: last.id, endsAt: last.endsAt }
    },

    // The ends rise with the ids, so halving finds it, and nothing else needs an index on them.
    lastBefore(byte) {
      let [low, high] = [0, (end.get()?.id ?? 0) + 1]
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if ((endAt.get(middle) ?? 0) <= byte) low = middle
        else high = middle
      }
      return low
    },
  }
}
