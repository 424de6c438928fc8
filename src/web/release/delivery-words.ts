import type { DeliveryState } from '../../delivery.js'
import type { Tone } from '../parts/tone.js'

/** How the page calls the states of a delivery. */
export const deliveryWords: Record<DeliveryState, { text: string; tone: Tone }> = {
  succeeded: { text: 'sent', tone: 'good' },
  pending: { text: 'waiting', tone: 'warn' },
  dead: { text: 'dead', tone: 'bad' },
  cancelled: { text: 'cancelled', tone: 'quiet' },
}

/** In the order in which filters and tabs name them. */
export const deliveryStates: readonly DeliveryState[] = ['succeeded', 'pending', 'dead', 'cancelled']

/** The state that a query names; undefined for none and for anything else. */
export function stateNamed(name: string | null): DeliveryState | undefined {
  return deliveryStates.find((state) => state === name)
}
