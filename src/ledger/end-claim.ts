import { type Confirmation, classify, type EventKind } from '../event.js'
import type { Database } from './open.js'
import { type ReleaseIdentity, settler } from './settle.js'
import type { TallySheet } from './tallies.js'

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

/** How the waiting of a claim ends; `waited` false: it had ended before. Parts of the commit that they are called in. */
export interface ClaimEnder {
  /**
   * Its release comes into the state that it says, and it is fanned out, as what it is by now: what was told meanwhile may
   * have made a push of a restore, or nothing new of either.
   */
  settle(eventId: number, checked: Checked, now: number, tallies: TallySheet): Ending
  /** It is kept, and nobody is told. */
  refute(eventId: number, doubt: string, now: number, tallies: TallySheet): Ending
}

export interface Ending {
  waited: boolean
  /** Whether there is something to fan out. */
  told: boolean
}

interface Waiting extends ReleaseIdentity {
  yanked: number
  createdAt: number
}

export function claimEnder(db: Database): ClaimEnder {
  const { $client: client } = db
  const releases = settler(db)
  const take = client.prepare<[number], Waiting>(
    `DELETE FROM claims WHERE event_id = ?
     RETURNING gem_name AS gemName, number, platform, yanked, created_at AS createdAt`,
  )
  const end = client.prepare<[Record<string, unknown>]>(
    `UPDATE events SET kind = coalesce(@kind, kind), check_at = NULL, checks = checks + 1, confirmation = @confirmation,
       doubt = @doubt, facts = @facts, fanned_out_at = @fannedOutAt WHERE id = @eventId`,
  )
  const endUntold = (eventId: number, confirmation: Confirmation, doubt: string, now: number): Ending => {
    end.run({ eventId, kind: null, confirmation, doubt, facts: null, fannedOutAt: now })
    return { waited: true, told: false }
  }

  return {
    settle(eventId, checked, now, tallies) {
      const claim = take.get(eventId)
      if (claim === undefined) return ended
      const { confirmation } = checked
      const yanked = claim.yanked === 1
      const known = releases.known(claim)
      const kind: EventKind | 'duplicate' = classify(known?.state ?? 'unknown', yanked)
      // What came after it was told before it: only the upstream's word can make it the news all the same.
      const isOvertaken = confirmation === 'unconfirmed' && known !== undefined && known.eventId > eventId
      if (kind === 'duplicate' || isOvertaken) return endUntold(eventId, 'redundant', redundant, now)
      const [facts, doubt] = confirmation === 'confirmed' ? [checked.facts, null] : [null, checked.doubt]
      end.run({ eventId, kind, confirmation, doubt, facts, fannedOutAt: null })
      const createdAt = (confirmation === 'confirmed' ? checked.createdAt : null) ?? claim.createdAt
      releases.settle({ ...claim, eventId, yanked, createdAt }, now)
      tallies.add(confirmation, 1)
      return { waited: true, told: true }
    },

    refute(eventId, doubt, now, tallies) {
      if (take.get(eventId) === undefined) return ended
      tallies.add('refuted', 1)
      return endUntold(eventId, 'refuted', doubt, now)
    },
  }
}

const ended: Ending = { waited: false, told: false }
const redundant = 'By the time that it was checked it was nothing new.'
