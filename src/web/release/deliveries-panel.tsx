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
import { DeliveryItem } from './delivery-item.js'
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
  /** Whether there are more after these, and whether there were some before. */
  isMore: boolean
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
  const { gemName, number, counts, rows, isMore, isLater, back } = seen
  const path = releasePath(gemName, number)
  const last = rows.at(-1)
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
        <ol class="rows deliveries">
          {rows.map((delivery) => (
            <DeliveryItem
              key={delivery.id}
              delivery={delivery}
              tries={delivery.attempts === 0 ? [] : ledger.deliveryList.tries(session.accountId, delivery.id)}
              namesRelease={false}
              csrf={session.csrf}
              back={back}
              now={now}
            />
          ))}
        </ol>
      )}
      <Pager
        newer={isLater ? withParameter(back, 'before', null) : null}
        older={isMore && last !== undefined ? withParameter(back, 'before', cursorText(last)) : null}
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
  const total = deliveryStates.reduce((sum, state) => sum + counts[state], 0)
  return (
    <nav class="tabs" aria-label="Deliveries by state">
      <a href={path} aria-current={chosen === undefined ? 'page' : undefined}>
        all {countText(total)}
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
  const total = deliveryStates.reduce((sum, known) => sum + counts[known], 0)
  return total > 0 ? 'There are no more.' : 'No hook of yours wanted this release, so nobody was told.'
}
