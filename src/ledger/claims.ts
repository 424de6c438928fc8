import type { EventKind } from '../event.js'
import { type Checked, claimEnder, type Ending } from './end-claim.js'
import { commitLightly, type Database } from './open.js'
import { settler } from './settle.js'
import { type TallySheet, tallySheets } from './tallies.js'

export type { Checked } from './end-claim.js'

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

/** The events that wait for a check. Commits lightly: what a power failure undoes is simply checked again. */
export interface Claims {
  /**
   * Those whose check is due, the longest due first. One that is due in more than 10 minutes is due now: none is put off
   * for so long, so the clock was set back.
   */
  due(now: number, limit: number): Claim[]
  /** Those that the upstream has not contradicted, whenever their check is due, the first one first. */
  uncontradicted(limit: number): Claim[]
  /** When the next check is due, ms since the epoch. */
  nextCheckAt(): number | undefined
  /** How many wait. */
  count(): number
  /** Whether the ledger had the release live before the claim: settled, not merely claimed. */
  wasLive(claim: Claim): boolean
  /** Ends a claim: its release comes into the state it says, and it is fanned out, unless it is nothing new by now. */
  settle(eventId: number, checked: Checked, now: number): Ending
  /** Ends a claim that the upstream contradicts: it is kept, and nobody is told. */
  refute(eventId: number, doubt: string, now: number): Ending
  /** Puts a check off until `checkAt`, and says why; `contradictedAt` is kept the first time that it is not null. */
  postpone(eventId: number, checkAt: number, doubt: string, contradictedAt: number | null): void
}

const farthestMs = 10 * 60_000

const claimRows = `SELECT id AS eventId, kind, gem_name AS gemName, number, platform, payload, received_at AS receivedAt,
  check_at AS checkAt, checks, doubt, contradicted_at AS contradictedAt FROM events`

export function claimsIn(db: Database): Claims {
  const { $client: client } = db
  const ender = claimEnder(db)
  const releases = settler(db)
  const newSheet = tallySheets(db)
  // Said to be not null, so that the index gives the first ones in order: any number may wait.
  const due = client.prepare<[number, number, number], Claim>(
    `${claimRows} WHERE check_at IS NOT NULL AND (check_at <= ? OR check_at > ?) ORDER BY check_at, id LIMIT ?`,
  )
  const uncontradicted = client.prepare<[number], Claim>(
    `${claimRows} WHERE check_at IS NOT NULL AND contradicted_at IS NULL ORDER BY check_at, id LIMIT ?`,
  )
  const nextCheckAt = client.prepare('SELECT min(check_at) FROM events WHERE check_at IS NOT NULL').pluck()
  const count = client.prepare('SELECT count(*) FROM claims').pluck()
  const postpone = client.prepare(
    `UPDATE events SET check_at = @checkAt, checks = checks + 1, doubt = @doubt,
       contradicted_at = coalesce(contradicted_at, @contradictedAt) WHERE id = @eventId AND check_at IS NOT NULL`,
  )
  const end = (work: (tallies: TallySheet) => Ending) =>
    commitLightly(db, () => {
      const tallies = newSheet()
      const ending = work(tallies)
      tallies.write()
      return ending
    })

  return {
    due: (now, limit) => due.all(now, now + farthestMs, limit),
    uncontradicted: (limit) => uncontradicted.all(limit),
    nextCheckAt: () => (nextCheckAt.get() as number | null) ?? undefined,
    count: () => count.get() as number,
    wasLive: (claim) => releases.known(claim)?.state === 'live',
    settle: (eventId, checked, now) => end((tallies) => ender.settle(eventId, checked, now, tallies)),
    refute: (eventId, doubt, now) => end((tallies) => ender.refute(eventId, doubt, now, tallies)),
    postpone(eventId, checkAt, doubt, contradictedAt) {
      commitLightly(db, () => postpone.run({ eventId, checkAt, doubt, contradictedAt }))
    },
  }
}
