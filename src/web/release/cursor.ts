import type { DeliveryCursor } from '../../ledger/delivery-list.js'

/** Where a page of deliveries ended, as it stands in an address: `EVENT-DELIVERY`. */
export function cursorText({ eventId, id }: DeliveryCursor): string {
  return `${eventId}-${id}`
}

/** Reads it; null for the first page and for anything else. */
export function cursorIn(text: string | null): DeliveryCursor | null {
  const [, eventId, id] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? []
  return eventId === undefined ? null : { eventId: Number(eventId), id: Number(id) }
}
