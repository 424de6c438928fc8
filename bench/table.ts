/** One line of what a benchmark found. */
export interface Row {
  what: string
  ours: string
  baseline: string
  /** Ours against the baseline, from the same run; null where only the figure counts. */
  ratio: number | null
  /** What the ratio should be at least; null when it is only reported. */
  wanted: number | null
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The rows as a table for people. */
export function table(rows: Row[]): string {
  const cells = [
    ['what', 'gemherald', 'baseline', 'ratio', 'wanted'],
    ...rows.map((row) => [
      row.what,
      row.ours,
      row.baseline,
      row.ratio === null ? '' : row.ratio.toFixed(2),
      row.wanted === null ? '' : `≥ ${row.wanted.toFixed(2)}`,
    ]),
  ]
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? []
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
