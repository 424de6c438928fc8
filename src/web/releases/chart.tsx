import type { ComponentChildren } from 'preact'
import { dayText } from './days.js'

/** What a chart is drawn in. It is stretched to the width that it gets, so text stands beside it, not in it. */
export const chartWidth = 300
export const chartHeight = 64

interface ChartProps {
  /** Unique on the page: what labels the drawing. */
  id: string
  title: string
  /** What there is to see, in a sentence or two. */
  summary: string
  days: readonly number[]
  legend: { name: string; swatch: string }[]
  table: { head: string[]; rows: (string | number)[][] }
  /** What is drawn, in SVG. */
  children: ComponentChildren
}

/** A drawing of some days, with its title, its sum in words and, for those who do not see it, its numbers in a table. */
export function Chart({ id, title, summary, days, legend, table, children }: ChartProps) {
  const [first = 0, last = 0] = [days[0], days.at(-1)]
  return (
    <figure class="chart panel">
      <figcaption>
        <strong>{title}</strong>
        <span class="chart-legend muted">
          {legend.map(({ name, swatch }) => (
            <span key={name}>
              <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true" focusable="false">
                <rect class={swatch} width="8" height="8" />
              </svg>{' '}
              {name}{' '}
            </span>
          ))}
        </span>
      </figcaption>
      <svg
        class="chart-drawing"
        viewBox={`0 0 ${chartWidth} ${chartHeight}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}-title ${id}-desc`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-desc`}>{summary}</desc>
        {children}
      </svg>
      <p class="chart-days muted" aria-hidden="true">
        <span>{dayText(first)}</span>
        <span>{dayText(last)}</span>
      </p>
      <p class="muted">{summary}</p>
      <div class="visually-hidden">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              {table.head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map(([day, ...values]) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                {values.map((value, i) => (
                  <td key={table.head[i + 1]}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}
