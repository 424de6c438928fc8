import type { PreviousOf } from '../../known-previous.js'
import type { EventRow } from '../../ledger/events.js'
import { plain } from '../../plain-text.js'
import { Moment } from '../parts/moment.js'
import { KindBadge } from '../releases/kind-badge.js'
import { Origin } from '../releases/origin.js'

interface EventTableProps {
  /** Newest first. */
  events: readonly EventRow[]
  previousOf: PreviousOf
  now: number
}

/** What happened to the release, platform by platform, and how that became known. */
export function EventTable({ events, previousOf, now }: EventTableProps) {
  return (
    <section class="panel stack" aria-labelledby="events" data-live="events">
      <h2 id="events">What happened</h2>
      {/* Who has only a keyboard must be able to scroll it, too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as said above. */}
      <section class="scroll" aria-labelledby="events" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Platform</th>
              <th scope="col">When</th>
              <th scope="col">How it became known</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr key={event.id} id={`event-${event.id}`}>
                <td>
                  {event.kind === 'pushed' ? 'pushed ' : ''}
                  <KindBadge kind={event.kind} number={event.number} previous={previousOf(event)} />
                </td>
                <td>{event.platform}</td>
                <td>
                  <Moment at={event.receivedAt} now={now} />
                </td>
                <td>
                  <Origin event={event} />
                  {event.doubt !== null && <span class="doubt muted">{plain(event.doubt, 500)}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}
