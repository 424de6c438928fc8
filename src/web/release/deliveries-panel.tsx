import type { DeliveryState } from '../../delivery.js'
import type { DeliveryRow } from '../../ledger/delivery-list.js'
import type { DeliveryCounts } from '../../ledger/events.js'
import type { Ledger } from '../../ledger/ledger.js'
import { Action } from '../parts/action.js'
import { Pager } from '../parts/pager.js'
import { countText } from '../releases/delivery-bar.js'
import { releasePath } from '../releases/release-path.js'
import type { Session } from '../session.js'
import { cursorText } from './cursor.js'
import { DeliveryList } from './delivery-list.js'
import { deliveryStates, deliveryWords } from './delivery-words.js'
import { withParameter } from './with-parameter.js'

/** The deliveries of a release, as the page's address asks for them. */
export interface DeliveriesSeen {
  gemName: string
  number: string
  counts: DeliveryCounts
  /** Undefined: all of them. */
  state: DeliveryState | undefined
  rows: readonly DeliveryRow[]
  /** The one that the next page begins after; null: that was all. */
  last: DeliveryRow | null
  /** Whether there were some before these. */
  isLater: boolean
  /** The page's own address, where a person comes back to. */
  back: string
}

interface DeliveriesPanelProps {
  seen: DeliveriesSeen
  session: Session
  ledger: Pick<Ledger, 'deliveryList'>
  now: number
}

/** Who was told of the release, and every attempt at it. */
export function DeliveriesPanel({ seen, session, ledger, now }: DeliveriesPanelProps) {
  const { gemName, number, counts, rows, last, isLater, back } = seen
  const path = releasePath(gemName, number)
  return (
    <section class="stack" aria-labelledby="deliveries" data-live="deliveries">
      <div class="cluster">
        <h2 id="deliveries">Deliveries</h2>
        {counts.dead > 0 && (
          <Action
            to={`${path}/redeliver-dead`}
            csrf={session.csrf}
            tone="warn"
            ask={`Redeliver all ${countText(counts.dead)} dead deliveries of ${gemName} ${number}?`}
          >
            {`Redeliver all dead (${countText(counts.dead)})`}
          </Action>
        )}
      </div>
      <Tabs path={path} chosen={seen.state} counts={counts} />
      {rows.length === 0 ? (
        <p class="muted">{emptyText(seen.state, counts)}</p>
      ) : (
        <DeliveryList
          deliveries={rows}
          namesRelease={false}
          session={session}
          back={back}
          ledger={ledger}
          now={now}
        />
      )}
      <Pager
        newest={isLater ? withParameter(back, 'before', null) : null}
        older={last && withParameter(back, 'before', cursorText(last))}
      />
    </section>
  )
}

interface TabsProps {
  path: string
  chosen: DeliveryState | undefined
  counts: DeliveryCounts
}

function Tabs({ path, chosen, counts }: TabsProps) {
  return (
    <nav class="tabs" aria-label="Deliveries by state">
      <a href={path} aria-current={chosen === undefined ? 'page' : undefined}>
        all {countText(totalOf(counts))}
      </a>
      {deliveryStates.map((state) => (
        <a key={state} href={`${path}?state=${state}`} aria-current={chosen === state ? 'page' : undefined}>
          {deliveryWords[state].text} {countText(counts[state])}
        </a>
      ))}
    </nav>
  )
}

function emptyText(state: DeliveryState | undefined, counts: DeliveryCounts): string {
  if (state !== undefined) return `None is ${deliveryWords[state].text}.`
  return totalOf(counts) > 0
    ? 'There are no more.'
    : 'No hook of yours wanted this release, so nobody was told.'
}

function totalOf(counts: DeliveryCounts): number {
  return deliveryStates.reduce((sum, state) => sum + counts[state], 0)
}
