import type { Message } from '../delivery.js'
import { type Payload, readAccepted } from '../payload.js'
import type { FoundGem } from './gem-lookup.js'
import { newestRelease } from './newest-release.js'
import type { ManageParts } from './parts.js'
import { sampleRelease } from './sample-release.js'

/** The release that a test message is about. */
export interface Firing {
  release: Payload
  origin: Message['origin']
  /** Numbers of the gem's live releases in the ledger. */
  liveNumbers: string[]
}

/** The gem's newest release in the ledger, else the upstream's, else a sample. */
export function releaseToFire(
  gemName: string,
  gem: FoundGem,
  { ledger: { releases }, now }: Pick<ManageParts, 'ledger' | 'now'>,
): Firing {
  const liveNumbers = releases.liveNumbers(gemName)
  const newest = newestRelease(releases.ofGem(gemName))
  const bytes = newest && releases.payload(newest.eventId)
  if (bytes === undefined) {
    if (gem.upstream !== null) return { release: gem.upstream, origin: 'fire', liveNumbers }
    return { release: sampleRelease(gemName, now()), origin: 'sample', liveNumbers }
  }
  return { release: readAccepted(bytes), origin: 'fire', liveNumbers }
}
