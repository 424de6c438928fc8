/** One page of a list. */
interface OnePage<Row> {
  rows: Row[]
  /** The row that the next page begins after; null: that was all. */
  last: Row | null
}

/** Reads a page of so many rows. One more is read: it says whether the list goes on. */
export function onePage<Row>(size: number, read: (limit: number) => Row[]): OnePage<Row> {
  const found = read(size + 1)
  const rows = found.slice(0, size)
  return { rows, last: found.length > size ? (rows.at(-1) ?? null) : null }
}
