import type { ComponentChildren } from 'preact'

/** Something that is shown on demand. */
export function Details({ summary, children }: { summary: ComponentChildren; children: ComponentChildren }) {
  return (
    <details>
      <summary>{summary}</summary>
      <div class="stack">{children}</div>
    </details>
  )
}
