import { type AnyRow, type Finding, isMet } from './row.js'

/** A row of the suite after it was run. */
export interface Scored {
  row: AnyRow
  /** Null when the row could not be carried out: then `trouble` says why. */
  finding: Finding | null
  trouble: string | null
  seconds: number
}

/** Whether the row was carried out and showed all that it must. */
export function passed({ finding }: Scored): boolean {
  return finding !== null && isMet(finding)
}

/** The rows as a table for people, with what each must show below it. */
export function scorecard(rows: readonly Scored[]): string {
  const cells = [
    ['#', 'fault', 'accepted', 'delivered', 'lost', 'repeated', 'met'],
    ...rows.map((scored) => cellsOf(scored)),
  ]
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  )
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        isCount(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const [head = [], ...lines] = cells
  return [line(head), ...lines.flatMap((row, index) => [line(row), ...notesOf(rows[index])])].join('\n')
}

function cellsOf(scored: Scored): string[] {
  const { row, finding } = scored
  const count = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : `${value}`
  return [
    `${row.number}`,
    row.fault,
    count(finding?.accepted),
    count(finding?.delivered),
    count(finding?.lost),
    count(finding?.repeated),
    passed(scored) ? 'yes' : 'NO',
  ]
}

function isCount(column: number): boolean {
  return column >= 2 && column <= 5
}

function notesOf(scored: Scored | undefined): string[] {
  if (scored === undefined) return []
  if (scored.finding === null) return [`    not carried out: ${scored.trouble}`]
  const { done, checks } = scored.finding
  return [`    ${done}`, ...checks.map(({ must, found, met }) => `    ${met ? '✓' : '✗'} ${must}: ${found}`)]
}
