import type { ComponentChildren } from 'preact'

interface EmptyProps {
  title: string
  /** Unique on the page: it is kept up to date, and gives way to what comes. */
  live?: string
  children?: ComponentChildren
}

/** Stands where there is nothing yet; its children say what to do next. */
export function Empty({ title, live, children }: EmptyProps) {
  return (
    <div class="empty" data-live={live}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}
