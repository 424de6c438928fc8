import type { ComponentChildren } from 'preact'

interface TableProps {
  /** What it lists. */
  label: string
  columns: readonly string[]
  /** Its rows: `tr`. */
  children: ComponentChildren
}

/** A table that scrolls by itself where it does not fit, so the keyboard can reach it. */
export function Table({ label, columns, children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
