import type { EventKind } from '../event.js'
import type { Arrival, Receipt, ReleaseIdentity } from '../ledger/arrivals.js'
import { creationTime, type Payload, wireBody } from '../payload.js'

/** An event that catching up made. */
export interface FoundEvent extends ReleaseIdentity {
  kind: EventKind
  /** When the release was created, ms since the epoch. */
  createdAt: number
}

/** Keeps arrivals in one commit, in order, and answers each; see `Arrivals.record`. */
export type Keep = (arrivals: readonly Arrival[]) => Receipt[]

/** What identifies the release that a payload is about. */
export function identityOf({ name, version, platform }: Payload): ReleaseIdentity {
  return { gemName: name, number: version, platform }
}

/** What the upstream shows of a release, as the webhook that did not come. `now` in ms since the epoch. */
export function arrivalOf(release: Payload & { createdAt: number | null }, now: number): Arrival {
  return {
    ...identityOf(release),
    yanked: release.yanked,
    payload: Buffer.from(wireBody(release)),
    receivedAt: now,
    // The upstream's clock is right about its own releases, however wrong the one here is.
    createdAt: release.createdAt ?? creationTime(release, now),
    source: 'catch-up',
    toCheck: false,
  }
}

/** Keeps arrivals; those that became events. */
export function recordWith(keep: Keep, arrivals: readonly Arrival[]): FoundEvent[] {
  if (arrivals.length === 0) return []
  const receipts = keep(arrivals)
  return arrivals.flatMap(({ gemName, number, platform, createdAt }, index) => {
    const kind = receipts[index]?.status ?? 'duplicate'
    return kind === 'duplicate' || kind === 'crowded' ? [] : [{ kind, gemName, number, platform, createdAt }]
  })
}
