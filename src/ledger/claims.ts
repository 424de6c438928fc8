import type { Confirmation, EventKind } from '../event.js'
import { commitLightly, type Database } from './open.js'
import { settler } from './settle.js'
import { tallySheets } from './tallies.js'

/** An event that is to be checked with the upstream before anybody is told. */
export interface Claim {
  eventId: number
  kind: EventKind
  gemName: string
  number: string
  platform: string
  /** Exactly the bytes received. */
  payload: Buffer
  /** ms since the epoch */
  receivedAt: number
  /** When the check was due, ms since the epoch. */
  checkAt: number
  /** How often it was tried without an end. */
  checks: number
  /** Why the last check had no end: one sentence. */
  doubt: string | null
  /** When the upstream first contradicted it, ms since the epoch; null: it did not. */
  contradictedAt: number | null
}

/** What a check came to, when somebody is to be told. */
export type Checked =
  | {
      confirmation: 'confirmed'
      /** The upstream's own payload; null where it has none any more. */
      facts: Buffer | null
      /** When the upstream created the release, ms since the epoch; null when it does not say. */
      createdAt: number | null
    }
  | {
      confirmation: 'unconfirmed'
      /** Why: one sentence. */
      doubt: string
    }

/** The events that wait for a check. Commits lightly: what a power failure undoes is simply checked again. */
export interface Claims {
  /** Those whose check is due, the longest due first. */
  due(now: number, limit: number): Claim[]
  /** When the next check is due, ms since the epoch. */
  nextCheckAt(): number | undefined
  /** How many wait. */
  count(): number
  /** Whether the ledger had the release live before the claim: settled, not merely claimed. */
  wasLive(claim: Claim): boolean
  /** Ends a claim: its release comes into the state it says, and it is fanned out. False when it had ended before. */
  settle(eventId: number, checked: Checked, now: number): boolean
  /** Ends a claim that the upstream contradicts: it is kept, and nobody is told. False when it had ended before. */
  refute(eventId: number, doubt: string, now: number): boolean
  /** Puts a check off until `checkAt`, and says why; `contradictedAt` is kept the first time that it is not null. */
  postpone(eventId: number, checkAt: number, doubt: string, contradictedAt: number | null): void
}

interface Ended {
  kind: EventKind
  gemName: string
  number: string
  platform: string
  receivedAt: number
}

export function claimsIn(db: Database): Claims {
  const { $client: client } = db
  const settleRelease = settler(db)
  const newSheet = tallySheets(db)
  const due = client.prepare<[number, number], Claim>(
    `SELECT id AS eventId, kind, gem_name AS gemName, number, platform, payload, received_at AS receivedAt,
       check_at AS checkAt, checks, doubt, contradicted_at AS contradictedAt
     FROM events WHERE check_at <= ? ORDER BY check_at, id LIMIT ?`,
  )
  const nextCheckAt = client.prepare('SELECT min(check_at) FROM events WHERE check_at IS NOT NULL').pluck()
  const count = client.prepare('SELECT count(*) FROM events WHERE check_at IS NOT NULL').pluck()
  const wasLive = client
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM releases
       WHERE gem_name = @gemName AND number = @number AND platform = @platform AND yanked = 0)`,
    )
    .pluck()
  const end = client.prepare<[Record<string, unknown>], Ended>(
    `UPDATE events SET check_at = NULL, checks = checks + 1, confirmation = @confirmation, doubt = @doubt, facts = @facts,
       fanned_out_at = @fannedOutAt
     WHERE id = @eventId AND check_at IS NOT NULL
     RETURNING kind, gem_name AS gemName, number, platform, received_at AS receivedAt`,
  )
  const claimedCreation = client
    .prepare<[Ended], number>(
      `SELECT created_at FROM claims WHERE gem_name = @gemName AND number = @number AND platform = @platform`,
    )
    .pluck()
  const forget = client.prepare('DELETE FROM claims WHERE event_id = ?')
  // When the newest claim about a release is refuted, the one before it counts again, if it still waits.
  const stepBack = client.prepare(
    `UPDATE claims SET event_id = earlier.id, yanked = (earlier.kind = 'yanked')
     FROM (SELECT id, kind FROM events
       WHERE check_at IS NOT NULL AND gem_name = @gemName AND number = @number AND platform = @platform
       ORDER BY id DESC LIMIT 1) AS earlier
     WHERE claims.event_id = @eventId`,
  )
  const postpone = client.prepare(
    `UPDATE events SET check_at = @checkAt, checks = checks + 1, doubt = @doubt,
       contradicted_at = coalesce(contradicted_at, @contradictedAt) WHERE id = @eventId AND check_at IS NOT NULL`,
  )
  const tally = (confirmation: Confirmation) => {
    const tallies = newSheet()
    tallies.add(confirmation, 1)
    tallies.write()
  }

  return {
    due: (now, limit) => due.all(now, limit),
    nextCheckAt: () => (nextCheckAt.get() as number | null) ?? undefined,
    count: () => count.get() as number,
    wasLive: ({ gemName, number, platform }) => wasLive.get({ gemName, number, platform }) === 1,

    settle: (eventId, checked, now) =>
      commitLightly(db, () => {
        const { confirmation } = checked
        const facts = confirmation === 'confirmed' ? checked.facts : null
        const doubt = confirmation === 'unconfirmed' ? checked.doubt : null
        const ended = end.get({ eventId, confirmation, doubt, facts, fannedOutAt: null })
        if (ended === undefined) return false
        const createdAt =
          (confirmation === 'confirmed' ? checked.createdAt : null) ??
          claimedCreation.get(ended) ??
          ended.receivedAt
        forget.run(eventId)
        settleRelease({ ...ended, eventId, yanked: ended.kind === 'yanked', createdAt }, now)
        tally(confirmation)
        return true
      }),

    refute: (eventId, doubt, now) =>
      commitLightly(db, () => {
        const ended = end.get({ eventId, confirmation: 'refuted', doubt, facts: null, fannedOutAt: now })
        if (ended === undefined) return false
        if (stepBack.run({ ...ended, eventId }).changes === 0) forget.run(eventId)
        tally('refuted')
        return true
      }),

    postpone(eventId, checkAt, doubt, contradictedAt) {
      commitLightly(db, () => postpone.run({ eventId, checkAt, doubt, contradictedAt }))
    },
  }
}
