import type { ComponentChildren } from 'preact'
import type { Tone } from './tone.js'

/** What just happened, and what to do. */
export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
