import type { Outcome } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { Lease } from '../ledger/deliveries.js'
import { askedFor } from '../retry.js'

/** How much one endpoint is given at a time (DESIGN law 5). */
const limits: Record<Channel, { inFlight: number; msBetweenStarts: number }> = {
  webhook: { inFlight: 4, msBetweenStarts: 0 },
  slack: { inFlight: 1, msBetweenStarts: 1000 },
  email: { inFlight: 2, msBetweenStarts: 0 },
  inbox: { inFlight: 4, msBetweenStarts: 0 },
}

/** What an endpoint is given at present. */
export interface PaceNow {
  /** Attempts that are out. */
  underWay: number
  mostUnderWay: number
  /** The shortest time from the start of one attempt to that of the next; 0: none. */
  msBetweenStarts: number
  /** For how long it is left alone, ms; 0: it may be tried now. */
  restMs: number
}

/**
 * What is out now, and which endpoints must be left alone for a while. It lives in memory: the server is the only one
 * that hands out work, and the ledger's leases rebuild it after a start. All moments are in steady time, ms.
 */
export interface Pace {
  /** Attempts under way on a channel. */
  out(channel: Channel): number
  /** Bytes of the messages that are out. */
  bytesOut(): number
  /** Tells how many bytes a lease's message has. */
  weigh(deliveryId: number, bytes: number): void
  /** How many more attempts an endpoint may have now. */
  free(channel: Channel, endpointId: number, now: number): number
  /** What an endpoint is given at present. */
  of(channel: Channel, endpointId: number, now: number): PaceNow
  /** When an endpoint that must be left alone may be tried again. */
  heldUntil(endpointId: number): number | undefined
  /** Counts leases as out until they end, or until `leaseUntil` has passed. */
  started(leases: readonly Lease[], leaseUntil: number, now: number): void
  /** The leases did not go out after all. */
  returned(leases: readonly Lease[]): void
  /** The attempt is over; an endpoint that asked for rest gets it. */
  ended(outcome: Outcome, now: number): void
  /** Forgets leases that ended and that the ledger does not know as leased any more, and rests that are over. */
  sweep(now: number, isLeased: (deliveryId: number) => boolean): void
}

interface Out {
  channel: Channel
  endpointId: number
  attempt: number
  leaseUntil: number
  bytes: number
}

/** An attempt that took this long and failed makes its endpoint a slow one, which gets a single attempt at a time. */
const slowMs = 5_000

export function createPace(): Pace {
  const leases = new Map<number, Out>()
  const inFlight = new Map<number, number>()
  const outOn: Record<Channel, number> = { webhook: 0, slack: 0, email: 0, inbox: 0 }
  const rests = new Map<number, number>()
  const slow = new Set<number>()
  let bytesOut = 0

  const count = ({ channel, endpointId }: Out, change: 1 | -1) => {
    outOn[channel] += change
    const left = (inFlight.get(endpointId) ?? 0) + change
    if (left === 0) inFlight.delete(endpointId)
    else inFlight.set(endpointId, left)
  }
  const end = (deliveryId: number) => {
    const out = leases.get(deliveryId)
    if (out === undefined) return
    leases.delete(deliveryId)
    bytesOut -= out.bytes
    count(out, -1)
  }
  const most = (channel: Channel, endpointId: number) => (slow.has(endpointId) ? 1 : limits[channel].inFlight)
  const rest = (endpointId: number, from: number, ms: number) => {
    const until = from + ms
    if (until > (rests.get(endpointId) ?? Number.NEGATIVE_INFINITY)) rests.set(endpointId, until)
  }

  return {
    out: (channel) => outOn[channel],

    bytesOut: () => bytesOut,

    weigh(deliveryId, bytes) {
      const out = leases.get(deliveryId)
      if (out === undefined) return
      bytesOut += bytes - out.bytes
      out.bytes = bytes
    },

    free(channel, endpointId, now) {
      if (now < (rests.get(endpointId) ?? now)) return 0
      return Math.max(0, most(channel, endpointId) - (inFlight.get(endpointId) ?? 0))
    },

    of: (channel, endpointId, now) => ({
      underWay: inFlight.get(endpointId) ?? 0,
      mostUnderWay: most(channel, endpointId),
      msBetweenStarts: limits[channel].msBetweenStarts,
      restMs: Math.max(0, (rests.get(endpointId) ?? now) - now),
    }),

    heldUntil: (endpointId) => rests.get(endpointId),

    started(handedOut, leaseUntil, now) {
      for (const { deliveryId, channel, endpointId, attempt } of handedOut) {
        const known = leases.get(deliveryId)
        const out = { channel, endpointId, attempt, leaseUntil, bytes: known?.bytes ?? 0 }
        if (known === undefined) count(out, 1)
        leases.set(deliveryId, out)
        const { msBetweenStarts } = limits[channel]
        if (msBetweenStarts > 0) rest(endpointId, now, msBetweenStarts)
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
      const { endpointId, channel } = out
      if (outcome.verdict !== 'succeeded' && outcome.durationMs >= slowMs) slow.add(endpointId)
      else slow.delete(endpointId)
      const { msBetweenStarts } = limits[channel]
      // A job can have waited in a queue: what counts is when the attempt really began. A worker's clock proves nothing of it.
      if (msBetweenStarts > 0) rest(endpointId, now - outcome.durationMs, msBetweenStarts)
      const asked = outcome.verdict === 'retry' ? askedFor(outcome) : 0
      if (asked > 0) rest(endpointId, now, asked)
    },

    sweep(now, isLeased) {
      for (const [deliveryId, out] of leases)
        if (out.leaseUntil < now && !isLeased(deliveryId)) end(deliveryId)
      for (const [endpointId, until] of rests) if (until <= now) rests.delete(endpointId)
    },
  }
}
