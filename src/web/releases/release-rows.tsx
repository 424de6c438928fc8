import type { PreviousOf } from '../../known-previous.js'
import type { ReleaseRow } from '../../ledger/events.js'
import { Moment } from '../parts/moment.js'
import { DeliveryBar } from './delivery-bar.js'
import { KindBadge } from './kind-badge.js'
import { Origin } from './origin.js'
import { Platforms } from './platforms.js'
import { releasePath } from './release-path.js'

interface ReleaseRowsProps {
  rows: readonly ReleaseRow[]
  previousOf: PreviousOf
  now: number
}

/** Releases, one line each: what, when, how it became known, and who was told. */
export function ReleaseRows({ rows, previousOf, now }: ReleaseRowsProps) {
  return (
    <ol class="rows releases">
      {rows.map((row) => (
        <Row key={row.newest.id} row={row} previous={previousOf(row.newest)} now={now} />
      ))}
    </ol>
  )
}

interface RowProps {
  row: ReleaseRow
  previous: string | null | undefined
  now: number
}

function Row({ row: { newest, platforms, deliveries }, previous, now }: RowProps) {
  const { id, kind, gemName, number, receivedAt } = newest
  return (
    <li class={`release release-${kind}`} id={`event-${id}`}>
      <span class="release-name">
        <a data-row href={releasePath(gemName, number)}>
          <strong>{gemName}</strong> <span class="mono">{number}</span>
        </a>{' '}
        <KindBadge kind={kind} number={number} previous={previous} /> <Platforms platforms={platforms} />
      </span>{' '}
      <span class="release-time muted">
        <Moment at={receivedAt} now={now} />
      </span>{' '}
      <span class="release-origin">
        <Origin event={newest} />
      </span>{' '}
      <span class="release-deliveries">
        <DeliveryBar counts={deliveries} />
      </span>
    </li>
  )
}
