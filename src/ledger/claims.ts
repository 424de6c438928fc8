import type { EventKind } from '../event.js'
import { type Checked, claimEnder, type Ending } from './end-claim.js'
import { commitLightly, type Database } from './open.js'
import { type Known, settler } from './settle.js'
import { type TallySheet, tallySheets } from './tallies.js'

export type { Checked } from './end-claim.js'
export type { Known } from './settle.js'

/** An event that is to be checked with the upstream before anybody is told. */
export interface Claim {
  eventId: number
  kind: EventKind
  gemName: string
  number: string
  platform: string
  /** Exactly the bytes received; of a claim that stands for one too many, no more than what identifies its release. */
  payload: Buffer
  /** ms since the epoch */
  receivedAt: number
  /** When a webhook last told it, ms since the epoch: the same bytes again, or others where too many wait to be kept apart. */
  heardAt: number
  /** When the check was due, ms since the epoch. */
  checkAt: number
  /** How often it was tried without an end. */
  checks: number
  /** Why the last check had no end: one sentence. */
  doubt: string | null
  /** When the upstream first contradicted it, or since when it is held as if it had, ms since the epoch; null: neither. */
  contradictedAt: number | null
  /** Since when the upstream agrees with it, though what it shows may be old, ms since the epoch; null: it does not. */
  agreedAt: number | null
}

/** What the upstream said of a claim: it contradicted it, or agreed too early to be believed. Null: neither. */
export type Said = 'contradicted' | 'agreed' | null

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
  /** What the ledger has of the release, settled rather than merely claimed, with its payload; undefined when it has nothing. */
  known(claim: Claim): (Known & { payload: Buffer }) | undefined
  /** Whether a release with its number, of any platform, is live, or a webhook claims so. */
  isNumberLive(claim: Claim): boolean
  /** Ends a claim: its release comes into the state it says, and it is fanned out, unless it is nothing new by now. */
  settle(eventId: number, checked: Checked, now: number): Ending
  /** Ends a claim that the upstream contradicts: it is kept, and nobody is told. */
  refute(eventId: number, doubt: string, now: number): Ending
  /** Puts a check off until `checkAt`, and says why. What the upstream said is kept with the first time of it; either holds the claim. */
  postpone(eventId: number, checkAt: number, doubt: string, said: Said, now: number): void
}

const farthestMs = 10 * 60_000

// Joined across, so that the index on `check_at` still gives the order.
const claimRows = `SELECT id AS eventId, kind, events.gem_name AS gemName, events.number, events.platform, payload,
  received_at AS receivedAt, heard_at AS heardAt, check_at AS checkAt, checks, doubt, contradicted_at AS contradictedAt,
  agreed_at AS agreedAt FROM events CROSS JOIN claims ON event_id = id`

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
  const payload = client
    .prepare<[number], Buffer>('SELECT coalesce(facts, payload) FROM events WHERE id = ?')
    .pluck()
  const numberIsLive = client
    .prepare<[{ gemName: string; number: string }], number>(
      `SELECT EXISTS (SELECT 1 FROM releases WHERE gem_name = @gemName AND number = @number AND yanked = 0)
         OR EXISTS (SELECT 1 FROM claims WHERE gem_name = @gemName AND number = @number AND yanked = 0)`,
    )
    .pluck()
  const postpone = client.prepare(
    `UPDATE events SET check_at = @checkAt, checks = checks + 1, doubt = @doubt,
       contradicted_at = coalesce(contradicted_at, @contradictedAt) WHERE id = @eventId AND check_at IS NOT NULL`,
  )
  const agree = client.prepare(
    `UPDATE claims SET agreed_at = CASE @said WHEN 'agreed' THEN coalesce(agreed_at, @now) WHEN 'contradicted' THEN NULL
       ELSE agreed_at END WHERE event_id = @eventId`,
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
    known(claim) {
      const known = releases.known(claim)
      if (known === undefined) return undefined
      const facts = payload.get(known.eventId)
      if (facts === undefined) throw new Error(`The ledger lacks event ${known.eventId} of a release.`)
      return { ...known, payload: facts }
    },
    isNumberLive: ({ gemName, number }) => numberIsLive.get({ gemName, number }) === 1,
    settle: (eventId, checked, now) => end((tallies) => ender.settle(eventId, checked, now, tallies)),
    refute: (eventId, doubt, now) => end((tallies) => ender.refute(eventId, doubt, now, tallies)),
    postpone(eventId, checkAt, doubt, said, now) {
      const contradictedAt = said === null ? null : now
      commitLightly(db, () => {
        postpone.run({ eventId, checkAt, doubt, contradictedAt })
        agree.run({ eventId, said, now })
      })
    },
  }
}
