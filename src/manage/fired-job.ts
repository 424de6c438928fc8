import { randomBytes } from 'node:crypto'
import type { Job, Message } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import { fail, ok, type Result } from '../error.js'
import type { EventKind } from '../event.js'
import { wireBody } from '../payload.js'
import { previousVersion } from '../version.js'
import { writeVia } from '../via.js'
import { type Firing, releaseToFire } from './fired-release.js'
import type { FoundGem } from './gem-lookup.js'
import type { ManageParts } from './parts.js'

/** What a test message is to be. */
interface ToFire {
  accountId: number
  gemName: string
  gem: FoundGem
  channel: Channel
  url: string
  /** Null: what the release is. */
  kind: EventKind | null
}

type JobParts = Pick<ManageParts, 'ledger' | 'gemPage' | 'signingKey' | 'now'>

/** The job of a test message: about no delivery, and its message id is used once. */
export function jobToFire({ accountId, gemName, gem, channel, url, kind }: ToFire, parts: JobParts): Job {
  return {
    deliveryId: 0,
    attempt: 1,
    channel,
    url,
    accountId,
    message: messageFor(releaseToFire(gemName, gem, parts), kind, parts),
    apiKey: parts.signingKey(accountId),
    // Fired from this very process, whose guard is the one that counts.
    allow: [],
    unsubscribeUrl: null,
  }
}

/** The kind of event to fire, as given; `invalid` when it is none that can be fired. */
export function readKind(kind: string | null): Result<EventKind | null> {
  if (kind === null || kind === 'pushed' || kind === 'yanked') return ok(kind)
  return fail('invalid', 'Kind is not one of pushed, yanked')
}

function messageFor(
  { release, origin, liveNumbers }: Firing,
  asked: EventKind | null,
  { ledger, gemPage, now }: JobParts,
): Message {
  // Unasked, the truth is told: a gem may have nothing but yanked releases.
  const kind = asked ?? (release.yanked ? 'yanked' : 'pushed')
  return {
    id: `msg_fire_${randomBytes(16).toString('hex')}`,
    kind,
    gemName: release.name,
    number: release.version,
    body: wireBody({ ...release, yanked: kind === 'yanked' }),
    previous: previousVersion(release.version, liveNumbers),
    origin,
    gemPage: gemPage(release.name),
    occurredAt: now(),
    via: writeVia([], ledger.installation),
  }
}
