import type { ComponentChildren } from 'preact'

interface PanelProps {
  /** Unique on the page: of its heading, and what keeps it up to date when it is `live`. */
  id: string
  title: string
  live?: boolean
  children: ComponentChildren
}

/** A part of a page that stands by itself, with its heading. */
export function Panel({ id, title, live = false, children }: PanelProps) {
  return (
    <section class="panel stack" aria-labelledby={id} data-live={live ? id : undefined}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}
