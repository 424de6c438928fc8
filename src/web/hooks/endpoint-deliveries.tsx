import type { DeliveryCursor, DeliveryRow } from '../../ledger/delivery-list.js'
import type { Ledger } from '../../ledger/ledger.js'
import { Pager } from '../parts/pager.js'
import { DeliveryList } from '../release/delivery-list.js'
import { deliveryStates, deliveryWords } from '../release/delivery-words.js'
import type { Session } from '../session.js'
import { type EndpointView, hrefOf } from './endpoint-view.js'

interface EndpointDeliveriesProps {
  endpointId: number
  deliveries: readonly DeliveryRow[]
  view: EndpointView
  /** What the page after this one begins after; null: there is none. */
  next: DeliveryCursor | null
  session: Session
  ledger: Pick<Ledger, 'deliveryList'>
  now: number
}

/** What was sent to an endpoint, the newest first. */
export function EndpointDeliveries(props: EndpointDeliveriesProps) {
  const { endpointId, deliveries, view, next, session, ledger, now } = props
  return (
    <section class="stack" aria-labelledby="deliveries" data-live="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <nav class="tabs" aria-label="Deliveries by state">
        {[null, ...deliveryStates].map((state) => (
          <a
            key={state}
            href={hrefOf(endpointId, { state, before: null })}
            aria-current={view.state === state ? 'page' : undefined}
          >
            {state === null ? 'all' : deliveryWords[state].text}
          </a>
        ))}
      </nav>
      {deliveries.length === 0 ? (
        <p class="muted">
          {view.state === null
            ? 'Nothing was sent yet: the next release of a gem that its hooks name will be.'
            : `None is ${deliveryWords[view.state].text}.`}
        </p>
      ) : (
        <DeliveryList
          deliveries={deliveries}
          namesRelease
          session={session}
          back={hrefOf(endpointId, view)}
          ledger={ledger}
          now={now}
        />
      )}
      <Pager
        newest={view.before === null ? null : hrefOf(endpointId, { ...view, before: null })}
        older={next === null ? null : hrefOf(endpointId, { ...view, before: next })}
      />
    </section>
  )
}
