import type { Confirmation } from '../../event.js'
import type { EventRow } from '../../ledger/events.js'
import { plain } from '../../plain-text.js'
import { Badge } from '../parts/badge.js'
import type { Tone } from '../parts/tone.js'

const sourceWords: Record<EventRow['source'], { text: string; title: string }> = {
  webhook: { text: 'webhook', title: 'A webhook told of it.' },
  'catch-up': { text: 'catch-up', title: 'Found by looking at the upstream: no webhook told of it.' },
  both: { text: 'both', title: 'A webhook told of it, and so did looking at the upstream.' },
}

const confirmationWords: Record<Confirmation, { tone: Tone; title: string }> = {
  confirmed: { tone: 'quiet', title: 'The upstream says the same.' },
  unconfirmed: { tone: 'warn', title: 'The upstream could not be asked in time.' },
  refuted: { tone: 'bad', title: 'The upstream says otherwise, so nobody was told.' },
  redundant: { tone: 'quiet', title: 'It was nothing new, so nobody was told twice.' },
}

/** How an event became known, and what the upstream said of it. */
export function Origin({ event }: { event: EventRow }) {
  const { text, title } = sourceWords[event.source]
  return (
    <span class="origin">
      <span class="muted" title={title}>
        {text}
      </span>{' '}
      <Confirmed event={event} />
    </span>
  )
}

function Confirmed({ event: { confirmation, doubt, checking } }: { event: EventRow }) {
  if (checking)
    return (
      <span title={doubtText(doubt, 'The upstream is asked before anybody is told.')}>
        <Badge tone="info">checking</Badge>
      </span>
    )
  if (confirmation === null) return null
  const { tone, title } = confirmationWords[confirmation]
  // What is as it should be needs no colour.
  if (confirmation === 'confirmed')
    return (
      <span class="muted" title={title}>
        confirmed
      </span>
    )
  return (
    <span title={doubtText(doubt, title)}>
      <Badge tone={tone}>{confirmation}</Badge>
    </span>
  )
}

function doubtText(doubt: string | null, otherwise: string): string {
  return plain(doubt, 500) || otherwise
}
