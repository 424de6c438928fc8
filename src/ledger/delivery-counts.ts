import type { DeliveryState } from '../delivery.js'
import type { Database } from './open.js'

/** How many deliveries of an account there are, in each state `mostCounted` at most. */
export type DeliveryCounts = Record<DeliveryState, number>

/** Nobody reads more digits, and an event may have a hundred thousand deliveries. */
export const mostCounted = 1_000

/** Counts the account's deliveries of events. */
export type CountDeliveries = (accountId: number, eventIds: readonly number[]) => DeliveryCounts

export function deliveryCounter({ $client: client }: Database): CountDeliveries {
  const inState = (state: DeliveryState) =>
    `(SELECT count(*) FROM (SELECT 1 FROM json_each(@eventIds) CROSS JOIN deliveries INDEXED BY deliveries_account
       ON account_id = @accountId AND state = '${state}' AND event_id = value LIMIT ${mostCounted})) AS ${state}`
  const count = client.prepare<[{ accountId: number; eventIds: string }], DeliveryCounts>(
    `SELECT ${(['pending', 'succeeded', 'dead', 'cancelled'] as const).map(inState).join(', ')}`,
  )
  return (accountId, eventIds) => {
    const counts = count.get({ accountId, eventIds: JSON.stringify(eventIds) })
    if (counts === undefined) throw new Error('A count gives a row.')
    return counts
  }
}
