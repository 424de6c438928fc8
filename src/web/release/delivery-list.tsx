import type { DeliveryRow } from '../../ledger/delivery-list.js'
import type { Ledger } from '../../ledger/ledger.js'
import type { Session } from '../session.js'
import { DeliveryItem } from './delivery-item.js'

interface DeliveryListProps {
  deliveries: readonly DeliveryRow[]
  /** Whether to name the releases: where the page is not about one anyway. */
  namesRelease: boolean
  session: Session
  /** Where a person comes back to after asking for one again. */
  back: string
  ledger: Pick<Ledger, 'deliveryList'>
  now: number
}

/** Deliveries, each with every attempt at it. */
export function DeliveryList(props: DeliveryListProps) {
  const { deliveries, namesRelease, session, back, ledger, now } = props
  return (
    <ol class="rows deliveries">
      {deliveries.map((delivery) => (
        <DeliveryItem
          key={delivery.id}
          delivery={delivery}
          tries={delivery.attempts === 0 ? [] : ledger.deliveryList.tries(session.accountId, delivery.id)}
          namesRelease={namesRelease}
          csrf={session.csrf}
          back={back}
          now={now}
        />
      ))}
    </ol>
  )
}
