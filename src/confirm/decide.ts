import type { Checked, Claim, Said } from '../ledger/claims.js'
import type { ClaimCheck, Unclear } from './check-claim.js'

/** `off`: nothing is asked. `prefer`: what stays unclear is told as unconfirmed. `require`: it is held until it is clear. */
export type ConfirmMode = 'off' | 'prefer' | 'require'

/** What becomes of a claim. Reasons are one sentence. */
export type Decision =
  | { action: 'settle'; checked: Checked }
  | { action: 'refute'; reason: string }
  | { action: 'postpone'; forMs: number; reason: string; said: Said }

/** In `prefer`, so long may a claim wait for its turn to be asked about, ms. */
export const longestQueueMs = 10_000
/** How old the upstream's page can be, ms: `Cache-Control: max-age=60`. */
export const stalePageMs = 60_000
/** After so long the upstream is asked again about what its page may be too old for, ms. */
export const secondLookMs = 65_000
const ownPaceMs = 1_000
const firstHoldMs = 5_000
const longestHoldMs = 5 * 60_000

/**
 * What becomes of a claim after a check. A contradiction counts once the claim was last heard of before the upstream's
 * oldest page: what is told again may have become true meanwhile. Until it is cleared up nothing that was contradicted is
 * told, in either mode. `now` in ms since the epoch.
 */
export function decide(
  claim: Claim,
  check: ClaimCheck,
  mode: Exclude<ConfirmMode, 'off'>,
  now: number,
): Decision {
  if (check.outcome === 'confirmed') {
    const { facts, createdAt } = check
    return { action: 'settle', checked: { confirmation: 'confirmed', facts, createdAt } }
  }
  const { reason } = check
  if (check.outcome === 'contradicted') {
    if (now - claim.heardAt >= stalePageMs) return { action: 'refute', reason }
    return { action: 'postpone', forMs: secondLookMs, reason, said: 'contradicted' }
  }
  if (check.outcome === 'early') return { action: 'postpone', forMs: secondLookMs, reason, said: 'agreed' }
  const waitsInVain = check.why !== 'own_pace' || now - claim.receivedAt >= longestQueueMs
  if (mode === 'prefer' && claim.contradictedAt === null && waitsInVain) return unconfirmed(reason)
  // What it was contradicted with stays worth knowing.
  const kept = claim.contradictedAt === null ? reason : (claim.doubt ?? reason)
  return { action: 'postpone', forMs: waitMs(claim, check), reason: kept, said: null }
}

/** What becomes of a claim that nobody is to check any more. */
export const letGo: Decision = unconfirmed('It was not checked: CONFIRM=off.')

function unconfirmed(doubt: string): Decision {
  return { action: 'settle', checked: { confirmation: 'unconfirmed', doubt } }
}

function waitMs({ contradictedAt, checks }: Claim, { why, retryAfterMs }: Unclear): number {
  if (why === 'own_pace') return ownPaceMs
  const step = contradictedAt === null ? firstHoldMs * 2 ** checks : stalePageMs
  return Math.min(longestHoldMs, Math.max(step, retryAfterMs ?? 0))
}
