import type { Writable } from 'node:stream'
import { plain } from '../plain-text.js'
import { cleanLines, longestText } from './lines.js'
import { isWritten, writeQuietly } from './quiet-pipe.js'

/** One column of a table: its title on a terminal, and what it shows of a row. Null is no value. */
export interface Column<Row> {
  title: string
  value(row: Row): string | number | null
  align?: 'right'
}

/**
 * What a command prints on stdout: for people on a terminal, for programs in a pipe (tab-separated, no header) or with
 * `--json` (one document). Strangers' text is cleaned; no tab or newline in it breaks a row.
 */
export interface Output {
  /**
   * Rows under a header. No rows: the sentence `empty` on a terminal, nothing in a pipe, `[]` in JSON. JSON prints the
   * rows themselves, so they are plain objects with snake_case keys and times as ISO text.
   */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void
  /** Names and values, one pair a line. The JSON object's keys are the names in snake_case: `last webhook` is `last_webhook`. */
  facts(pairs: readonly Fact[]): void
  /** A text of one line or more for people and pipes; nothing with `--json`. Clean what strangers wrote before it goes into a line of yours: their newlines stay. */
  line(text: string): void
  /** One JSON document in one line, whatever the mode. */
  json(value: unknown): void
  /** Waits until all of that is written; false when some of it was lost. */
  written(): Promise<boolean>
}

/** A name and its value, shown together. */
export type Fact = readonly [name: string, value: string | number | null]

/** Where output goes. */
export type OutputStream = Writable & { isTTY?: boolean }

/** Output to stdout, in JSON when asked. `NO_COLOR` and `TERM=dumb` turn styles off. */
export function createOutput(
  options: { json: boolean },
  stream: OutputStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Output {
  const write = (lines: readonly string[]) => {
    if (lines.length > 0) writeQuietly(stream, `${lines.join('\n')}\n`)
  }
  const json = (value: unknown) => write([oneLineOfJson(value)])
  const written = () => isWritten(stream)
  if (options.json)
    return {
      table: json,
      facts: (pairs) => json(Object.fromEntries(pairs.map(([name, value]) => [snakeCase(name), value]))),
      line() {},
      json,
      written,
    }
  const line = (text: string) => write([cleanLines(text)])
  if (!stream.isTTY)
    return {
      table: (rows, columns) => write(rows.map((row) => cellsOf(row, columns).join('\t'))),
      facts: (pairs) => write(pairs.map((pair) => pair.map(cell).join('\t'))),
      line,
      json,
      written,
    }
  const style = hasStyles(env) ? bold : (text: string) => text
  return {
    table: (rows, columns, empty) => {
      if (rows.length === 0) return line(empty)
      write(tableLines(rows, columns, style))
    },
    facts: (pairs) => write(factLines(pairs, style)),
    line,
    json,
    written,
  }
}

const bold = (text: string) => `\u001B[1m${text}\u001B[22m`

function hasStyles({ NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  return (NO_COLOR ?? '') === '' && TERM !== 'dumb'
}

/** JSON lets some characters through that steer a terminal: those are escaped. */
function oneLineOfJson(value: unknown): string {
  const units = (character: string) =>
    Array.from({ length: character.length }, (_, at) => unitEscape(character, at))
  return JSON.stringify(value).replace(/[\u007F-\u009F\u2028\u2029]|\p{Cf}/gu, (character) =>
    units(character).join(''),
  )
}

function unitEscape(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
}

function snakeCase(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
}

function cellsOf<Row>(row: Row, columns: readonly Column<Row>[]): string[] {
  return columns.map(({ value }) => cell(value(row)))
}

function cell(value: string | number | null): string {
  return plain(value === null ? '' : String(value), longestText)
}

function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  style: (text: string) => string,
): string[] {
  const header = columns.map(({ title }) => title)
  const body = rows.map((row) => cellsOf(row, columns).map(orDash))
  const widths = header.map((_, at) => widest([header, ...body].map((cells) => cells[at] ?? '')))
  const aligned = (cells: readonly string[]) =>
    cells
      .map((text, at) => pad(text, widths[at] ?? 0, columns[at]?.align))
      .join('  ')
      .trimEnd()
  return [style(aligned(header)), ...body.map(aligned)]
}

function factLines(pairs: readonly Fact[], style: (text: string) => string): string[] {
  const cells = pairs.map(([name, value]) => [cell(name), orDash(cell(value))] as const)
  const width = widest(cells.map(([name]) => name))
  return cells.map(([name, value]) => `${style(pad(name, width))}  ${value}`)
}

const orDash = (text: string) => (text === '' ? '-' : text)

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
}

function pad(text: string, width: number, align?: 'right'): string {
  const blanks = ' '.repeat(width - widthOf(text))
  return align === 'right' ? blanks + text : text + blanks
}

function widthOf(text: string): number {
  return [...text].length
}
