import type { ComponentChildren } from 'preact'
import type { Tone } from './tone.js'

interface ActionProps {
  /** Where it posts: a path of this server. */
  to: string
  /** `Session.csrf` */
  csrf: string
  /** What else it posts. */
  fields?: Record<string, string | number>
  /** `info` and `good`: what the page is there for. `bad`: it takes something away. */
  tone?: Tone
  /** Asked before it is done, when the script runs. */
  ask?: string
  /** The accessible name where several buttons of a page read alike; it begins with what the button shows. */
  label?: string
  children: ComponentChildren
}

/** A form with one button. */
export function Action({ to, csrf, fields = {}, tone = 'quiet', ask, label, children }: ActionProps) {
  return (
    <form class="action" method="post" action={to} data-ask={ask}>
      <input type="hidden" name="csrf" value={csrf} />
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button type="submit" class={buttonClasses[tone]} aria-label={label}>
        {children}
      </button>
    </form>
  )
}

const buttonClasses: Record<Tone, string> = {
  good: 'button primary',
  info: 'button primary',
  bad: 'button danger',
  warn: 'button',
  quiet: 'button',
}
