import type { Claim } from '../ledger/claims.js'
import { readAccepted, wireBody } from '../payload.js'
import { plain } from '../plain-text.js'
import type { Reads } from '../rubygems/reads.js'
import type { UpstreamProblem } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'

/** What a claim is checked with. */
export interface CheckParts {
  rubygems: Pick<Reads, 'release' | 'versionDownloads'>
  /** See `Claims`. */
  wasLive(claim: Claim): boolean
  /** ms */
  now(): number
}

/** What the upstream says of a claim. Reasons are one sentence. */
export type ClaimCheck =
  | {
      outcome: 'confirmed'
      /** The upstream's release as a webhook would tell of it; null of a yank. */
      facts: Buffer | null
      /** When the upstream created it, ms since the epoch; null when it does not say. */
      createdAt: number | null
    }
  | { outcome: 'contradicted'; reason: string }
  | Unclear

/**
 * It cannot be told. `silence`: nothing came back. `own_pace`: nothing was asked, since too much else was waiting to be
 * asked. `answer`: what came back says nothing about the claim.
 */
export interface Unclear {
  outcome: 'unclear'
  why: 'silence' | 'own_pace' | 'answer'
  reason: string
  /** How long the upstream wants to be left alone, ms; null when it did not say. */
  retryAfterMs: number | null
}

/** For all that is asked about one claim, ms (issue 3 §3). */
const withinMs = 2_000
const longestReason = 300

/**
 * Asks the upstream whether a claim is true, for at most 2 s (protocol/rubygems-webhooks.md §12.3, §12.4;
 * protocol/rubygems-api.md §5.10, §5.12). Its page may be a minute old: it goes through a cache.
 */
export async function checkClaim(claim: Claim, parts: CheckParts): Promise<ClaimCheck> {
  const deadline = parts.now() + withinMs
  const { gemName: name, number, platform } = claim
  const found = await parts.rubygems.release({ name, number, platform }, { withinMs })
  if (found.ok) return isAbout(found.value, claim) ? compare(claim, found.value) : odd(found.value)
  if (!isDenial(found.problem)) return unclear(found.problem)
  const askTotal = () =>
    parts.rubygems.versionDownloads(fullName(claim), { withinMs: deadline - parts.now() })
  if (claim.kind !== 'yanked') return contradicted(await whyNotFound(askTotal))
  return parts.wasLive(claim) ? confirmedYank(null) : checkUnseenYank(claim, askTotal)
}

function isAbout({ name, version, platform }: UpstreamRelease, claim: Claim): boolean {
  return name === claim.gemName && version === claim.number && platform === claim.platform
}

function compare(claim: Claim, release: UpstreamRelease): ClaimCheck {
  if (claim.kind === 'yanked')
    return release.yanked
      ? confirmedYank(release.createdAt)
      : contradicted('The upstream has it live, so it is not yanked.')
  if (release.yanked) return contradicted(yankedSince)
  const claimed = shaIn(readAccepted(claim.payload).facts.sha)
  const held = shaIn(release.sha)
  if (claimed !== null && held !== null && claimed !== held)
    return contradicted('The upstream has a file with another SHA-256.')
  return { outcome: 'confirmed', facts: Buffer.from(wireBody(release)), createdAt: release.createdAt }
}

/** Null when it is no SHA-256 in hex digits, so nothing that could differ. */
function shaIn(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null
}

/** Whether the upstream says itself that there is no such thing. Any other 404 is a host that lacks this part of the API. */
function isDenial({ code, text }: UpstreamProblem): boolean {
  return code === 'not_found' && /could not be found/i.test(text ?? '')
}

type AskTotal = () => ReturnType<Reads['versionDownloads']>

/** Downloads are counted of yanked versions too: they tell those from versions that never were. */
async function whyNotFound(askTotal: AskTotal): Promise<string> {
  const total = await askTotal()
  if (total.ok) return yankedSince
  return isDenial(total.problem) ? neverWas : 'The upstream has no such version, or it was yanked since.'
}

/** A yank of a release that the ledger never had live. */
async function checkUnseenYank(claim: Claim, askTotal: AskTotal): Promise<ClaimCheck> {
  if (!hasPlainFullName(claim))
    return doubtful('The upstream cannot be asked whether there ever was a version of this name.')
  const total = await askTotal()
  if (total.ok) return confirmedYank(null)
  if (isDenial(total.problem)) return contradicted(neverWas)
  const check = unclear(total.problem)
  // It did answer the first question.
  return check.why === 'silence' ? { ...check, why: 'answer' } : check
}

function fullName({ gemName, number, platform }: Claim): string {
  return platform === 'ruby' ? `${gemName}-${number}` : `${gemName}-${number}-${platform}`
}

/** Whether its full name can be no other release's: `foo-1-2.0` is 2.0 of `foo-1` rather than 1 of `foo` for platform `2.0`. */
function hasPlainFullName({ number, platform }: Claim): boolean {
  return !number.includes('-') && !/^\d/.test(platform)
}

const yankedSince = 'The upstream has it yanked.'
const neverWas = 'The upstream has no such version.'

function confirmedYank(createdAt: number | null): ClaimCheck {
  return { outcome: 'confirmed', facts: null, createdAt }
}

function contradicted(reason: string): ClaimCheck {
  return { outcome: 'contradicted', reason }
}

function odd({ name, version, platform }: UpstreamRelease): Unclear {
  return doubtful(`The upstream answered about another release: ${name} ${version} (${platform}).`)
}

function doubtful(reason: string): Unclear {
  return { outcome: 'unclear', why: 'answer', reason: plain(reason, longestReason), retryAfterMs: null }
}

function unclear(problem: UpstreamProblem): Unclear {
  return { ...doubtful(problem.message), why: whyOf(problem), retryAfterMs: problem.retryAfterMs }
}

function whyOf({ code, status }: UpstreamProblem): Unclear['why'] {
  if (status !== null) return 'answer'
  if (code === 'throttled') return 'own_pace'
  return code === 'unavailable' ? 'silence' : 'answer'
}
