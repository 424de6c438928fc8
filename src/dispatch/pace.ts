import type { Outcome } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { Lease } from '../ledger/deliveries.js'
import { askedFor } from '../retry.js'

/** How much one endpoint is given at a time (DESIGN law 5). */
const limits: Record<Channel, { inFlight: number; msBetweenStarts: number }> = {
  webhook: { inFlight: 4, msBetweenStarts: 0 },
  slack: { inFlight: 1, msBetweenStarts: 1000 },
  email: { inFlight: 2, msBetweenStarts: 0 },
}

/**
 * What is out now, and which endpoints must be left alone for a while. It lives in memory: the server is the only one
 * that hands out work, and the ledger's leases rebuild it after a start.
 */
export interface Pace {
  /** Attempts under way on a channel. */
  out(channel: Channel): number
  /** How many more attempts an endpoint may have now. */
  free(channel: Channel, endpointId: number, now: number): number
  /** When an endpoint that must be left alone may be tried again; ms since the epoch. */
  heldUntil(endpointId: number): number | undefined
  /** Counts leases as out until they end, or until `leaseUntil` has passed. */
  started(leases: readonly Lease[], leaseUntil: number, now: number): void
  /** The leases did not go out after all. */
  returned(leases: readonly Lease[]): void
  /** The attempt is over; an endpoint that asked for rest gets it. */
  ended(outcome: Outcome, now: number): void
  /** Forgets leases that ended without an outcome, and rests that are over. */
  sweep(now: number): void
}

interface Out {
  channel: Channel
  endpointId: number
  attempt: number
  leaseUntil: number
}

export function createPace(): Pace {
  const leases = new Map<number, Out>()
  const inFlight = new Map<number, number>()
  const outOn: Record<Channel, number> = { webhook: 0, slack: 0, email: 0 }
  const rests = new Map<number, number>()

  const count = ({ channel, endpointId }: Out, change: 1 | -1) => {
    outOn[channel] += change
    const left = (inFlight.get(endpointId) ?? 0) + change
    if (left === 0) inFlight.delete(endpointId)
    else inFlight.set(endpointId, left)
  }
  const end = (deliveryId: number) => {
    const out = leases.get(deliveryId)
    if (out !== undefined && leases.delete(deliveryId)) count(out, -1)
  }
  const rest = (endpointId: number, until: number) => {
    if (until > (rests.get(endpointId) ?? 0)) rests.set(endpointId, until)
  }

  return {
    out: (channel) => outOn[channel],

    free(channel, endpointId, now) {
      if ((rests.get(endpointId) ?? 0) > now) return 0
      return Math.max(0, limits[channel].inFlight - (inFlight.get(endpointId) ?? 0))
    },

    heldUntil: (endpointId) => rests.get(endpointId),

    started(handedOut, leaseUntil, now) {
      for (const { deliveryId, channel, endpointId, attempt } of handedOut) {
        const out = { channel, endpointId, attempt, leaseUntil }
        if (!leases.has(deliveryId)) count(out, 1)
        leases.set(deliveryId, out)
        if (limits[channel].msBetweenStarts > 0) rest(endpointId, now + limits[channel].msBetweenStarts)
      }
    },

    returned(handedBack) {
      for (const { deliveryId } of handedBack) end(deliveryId)
    },

    ended(outcome, now) {
      const out = leases.get(outcome.deliveryId)
      // An outcome that comes a second time may find the next attempt under way.
      if (out === undefined || out.attempt !== outcome.attempt) return
      end(outcome.deliveryId)
      const { msBetweenStarts } = limits[out.channel]
      // A job can have waited in a queue: what counts is when the attempt really began. A worker's clock may be ahead.
      if (msBetweenStarts > 0) rest(out.endpointId, Math.min(outcome.startedAt, now) + msBetweenStarts)
      if (outcome.verdict === 'retry' && askedFor(outcome) > 0) rest(out.endpointId, now + askedFor(outcome))
    },

    sweep(now) {
      for (const [deliveryId, out] of leases) if (out.leaseUntil < now) end(deliveryId)
      for (const [endpointId, until] of rests) if (until <= now) rests.delete(endpointId)
    },
  }
}
