import type { ComponentChildren } from 'preact'
import type { Tone } from './tone.js'

/** A word or two that say what state something is in. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>
}
