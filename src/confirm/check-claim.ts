import type { Claim, Claims, Known } from '../ledger/claims.js'
import { readAccepted, wireBody } from '../payload.js'
import { plain } from '../plain-text.js'
import { fullNameOf } from '../rubygems/names.js'
import type { Reads } from '../rubygems/reads.js'
import { isDenial, type UpstreamProblem } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'
import { secondLookMs, stalePageMs } from './decide.js'

/** What a claim is checked with. */
export interface CheckParts {
  claims: Pick<Claims, 'known' | 'isNumberLive'>
  rubygems: Pick<Reads, 'release' | 'versionDownloads'>
  /** ms */
  now(): number
}

/** What the upstream says of a claim. Reasons are one sentence. */
export type ClaimCheck =
  | {
      outcome: 'confirmed'
      /** The release as a webhook would tell of it: by the upstream, of a yank by the ledger; null when neither has it. */
      facts: Buffer | null
      /** When the upstream created it, ms since the epoch; null when it does not say. */
      createdAt: number | null
    }
  | { outcome: 'contradicted'; reason: string }
  /** It agrees, but what it shows may be from before the claim could be true. */
  | { outcome: 'early'; reason: string }
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
  const check = await ask(claim, parts)
  const isEarly = check.outcome === 'confirmed' && isYoung(parts.claims.known(claim), claim, parts.now())
  return isEarly ? early('The upstream agrees, but its page may be older than what the ledger has.') : check
}

/** Whether the ledger has had the opposite of a claim for so short a time that the upstream may show what was before it. */
function isYoung(known: Known | undefined, { kind }: Claim, now: number): boolean {
  if (known === undefined || (known.state === 'live') !== (kind === 'yanked')) return false
  const age = now - known.changedAt
  // A clock that was set back must not make it longer.
  return age >= 0 && age < secondLookMs
}

async function ask(claim: Claim, parts: CheckParts): Promise<ClaimCheck> {
  const deadline = parts.now() + withinMs
  const { gemName: name, number, platform } = claim
  const found = await parts.rubygems.release({ name, number, platform }, { withinMs })
  if (found.ok) return isAbout(found.value, claim) ? compare(claim, found.value) : odd(found.value)
  if (!isDenial(found.problem)) return unclear(found.problem)
  const askTotal = () =>
    parts.rubygems.versionDownloads(fullNameOf(claim), { withinMs: deadline - parts.now() })
  if (claim.kind !== 'yanked') return contradicted(await whyNotFound(askTotal))
  const known = parts.claims.known(claim)
  if (known?.state === 'live') return confirmed(yankOf(known.payload, claim), null)
  return checkUnseenYank(claim, askTotal, parts)
}

function isAbout({ name, version, platform }: UpstreamRelease, claim: Claim): boolean {
  return name === claim.gemName && version === claim.number && platform === claim.platform
}

function compare(claim: Claim, release: UpstreamRelease): ClaimCheck {
  const facts = Buffer.from(wireBody(release))
  if (claim.kind === 'yanked')
    return release.yanked
      ? confirmed(facts, release.createdAt)
      : contradicted('The upstream has it live, so it is not yanked.')
  if (release.yanked) return contradicted(yankedSince)
  const claimed = shaIn(readAccepted(claim.payload).facts.sha)
  const held = shaIn(release.sha)
  if (claimed !== null && held !== null && claimed !== held)
    return contradicted('The upstream has a file with another SHA-256.')
  return confirmed(facts, release.createdAt)
}

/** Null when it is no SHA-256 in hex digits, so nothing that could differ. */
function shaIn(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null
}

type AskTotal = () => ReturnType<Reads['versionDownloads']>

/** Downloads are counted of yanked versions too: they tell those from versions that never were. */
async function whyNotFound(askTotal: AskTotal): Promise<string> {
  const total = await askTotal()
  if (total.ok) return yankedSince
  return isDenial(total.problem) ? neverWas : 'The upstream has no such version, or it was yanked since.'
}

/** A yank tells what was known of the release: the upstream shows nothing of it any more, and the body proves nothing. */
function yankOf(known: Buffer, { gemName: name, number: version, platform }: Claim): Buffer {
  return Buffer.from(wireBody({ ...readAccepted(known), name, version, platform, yanked: true }))
}

/** A yank of a release that the ledger does not have live. */
async function checkUnseenYank(claim: Claim, askTotal: AskTotal, parts: CheckParts): Promise<ClaimCheck> {
  const total = await askTotal()
  if (total.ok) return judgeUnseenYank(claim, parts)
  if (isDenial(total.problem)) return contradicted(neverWas)
  const check = unclear(total.problem)
  // It did answer the first question.
  return check.why === 'silence' ? { ...check, why: 'answer' } : check
}

/** Of a release that the upstream does not show, though it counts its downloads. */
function judgeUnseenYank(claim: Claim, { claims, now }: CheckParts): ClaimCheck {
  if (!hasPlainFullName(claim))
    return doubtful('The upstream cannot be asked whether there ever was a version of this name.')
  const { agreedAt } = claim
  const ageMs = agreedAt === null ? 0 : now() - agreedAt
  // Below zero the clock was wrong when it first agreed, and may have been so for a day.
  const isOldNews = ageMs < 0 || ageMs >= stalePageMs
  // Whoever has seen the header of a number that is live may be quicker than the push for one more platform.
  return isOldNews || !claims.isNumberLive(claim)
    ? confirmed(null, null)
    : early('The upstream does not show it, but it may just have been pushed.')
}

/** Whether its full name can be no other release's: `foo-1-2.0` is 2.0 of `foo-1` rather than 1 of `foo` for platform `2.0`. */
function hasPlainFullName({ number, platform }: Claim): boolean {
  return !number.includes('-') && !/^\d/.test(platform)
}

const yankedSince = 'The upstream has it yanked.'
const neverWas = 'The upstream has no such version.'

function confirmed(facts: Buffer | null, createdAt: number | null): ClaimCheck {
  return { outcome: 'confirmed', facts, createdAt }
}

function early(reason: string): ClaimCheck {
  return { outcome: 'early', reason }
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
