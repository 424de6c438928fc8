import type { ComponentChildren } from 'preact'

/** Stands where there is nothing yet; its children say what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}
