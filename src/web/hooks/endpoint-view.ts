import type { DeliveryState } from '../../delivery.js'
import type { DeliveryCursor } from '../../ledger/delivery-list.js'
import { pathWith } from '../path-with.js'
import { cursorIn, cursorText } from '../release/cursor.js'
import { stateNamed } from '../release/delivery-words.js'

/** Which of an endpoint's deliveries are shown: it stands in the page's address. */
export interface EndpointView {
  state: DeliveryState | null
  /** What the page begins after; null: the newest. */
  before: DeliveryCursor | null
}

/** Reads the address's query. What makes no sense in it is passed over. */
export function viewOf(query: URLSearchParams): EndpointView {
  return { state: stateNamed(query.get('state')) ?? null, before: cursorIn(query.get('before')) }
}

/** The address of a view of an endpoint. */
export function hrefOf(endpointId: number, { state, before }: EndpointView): string {
  return pathWith(`/endpoints/${endpointId}`, { state, before: before && cursorText(before) })
}
