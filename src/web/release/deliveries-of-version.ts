import type { DeliveryState } from '../../delivery.js'
import type { DeliveryCursor, DeliveryRow } from '../../ledger/delivery-list.js'
import type { Ledger } from '../../ledger/ledger.js'

/** What is asked for: the events of a version newest first, and where the page before ended. */
interface Asked {
  accountId: number
  eventIds: readonly number[]
  state: DeliveryState | undefined
  before: DeliveryCursor | null
  limit: number
}

/** The account's deliveries of all platforms of a version, in the order of every list of deliveries. */
export function deliveriesOfVersion(
  { deliveryList }: Pick<Ledger, 'deliveryList'>,
  { accountId, eventIds, state, before, limit }: Asked,
): DeliveryRow[] {
  const rows: DeliveryRow[] = []
  for (const eventId of eventIds) {
    if (rows.length >= limit) break
    if (before !== null && eventId > before.eventId) continue
    const filter = state === undefined ? { eventId } : { eventId, state }
    const after = eventId === before?.eventId ? before : null
    rows.push(...deliveryList.list(accountId, filter, { before: after, limit: limit - rows.length }).rows)
  }
  return rows
}
