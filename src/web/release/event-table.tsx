import type { PreviousOf } from '../../known-previous.js'
import type { EventRow } from '../../ledger/events.js'
import { plain } from '../../plain-text.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import { Table } from '../parts/table.js'
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
    <Panel id="events" title="What happened" live>
      <Table label="What happened" columns={['Event', 'Platform', 'When', 'How it became known']}>
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
      </Table>
    </Panel>
  )
}
