import type { Redelivery } from '../../redeliver/redeliveries.js'
import type { WebParts } from '../web-parts.js'

/** The name of the parameter that names the redeliveries whose progress a page shows, dots between them. */
export const redeliveryParameter = 'redelivery'

/** Redeliveries that a page's address names, taken together. */
export interface AskedRedeliveries {
  found: Redelivery[]
  /** Some are not known any more: they are over for long, or the server was started anew. */
  areSomeLost: boolean
}

const mostNamed = 100

/** Reads them; null when the address names none. */
export function redeliveriesIn(
  query: URLSearchParams,
  accountId: number,
  { redeliveries }: Pick<WebParts, 'redeliveries'>,
): AskedRedeliveries | null {
  const ids = (query.get(redeliveryParameter) ?? '')
    .split('.')
    .filter((id) => id !== '')
    .slice(0, mostNamed)
  if (ids.length === 0) return null
  const found = ids.flatMap((id) => redeliveries.get(accountId, id) ?? [])
  return { found, areSomeLost: found.length < ids.length }
}
