import type { Logger } from 'pino'
import type { Claim } from '../ledger/claims.js'
import type { Ledger } from '../ledger/ledger.js'
import { isStorageTrouble } from '../ledger/open.js'
import { createRounds } from '../rounds.js'
import type { Reads } from '../rubygems/reads.js'
import { createBreaker } from './breaker.js'
import { type ClaimCheck, checkClaim, type Unclear } from './check-claim.js'
import { type ConfirmMode, type Decision, decide, letGo, longestQueueMs } from './decide.js'

export interface ConfirmerParts {
  mode: ConfirmMode
  ledger: Pick<Ledger, 'claims'>
  rubygems: Pick<Reads, 'release' | 'versionDownloads'>
  /** ms since the epoch */
  now(): number
  log: Logger
  /** Called when there is something to fan out. */
  wake(): void
}

/** Checks what webhooks claim with the upstream before anybody is told (issue 3 §3). */
export interface Confirmer {
  start(): void
  /** There may be something to do: a claim was kept, or the clock moved. */
  wake(): void
  /** Asks nothing more, and waits for what is being asked: 2 s at most. The rest is checked after the next start. */
  stop(): Promise<void>
}

/**
 * Half as many as the client asks in a second, since one may take two questions: so neither waits for its turn longer than
 * that, and time is left for the answers. With more, a crowd of such would never be answered in time.
 */
const askedAtOnce = 4
const letGoAtOnce = 50
/** Even when nothing wakes it, it looks this often: a clock that jumps must not leave anything stuck. */
const longestSleepMs = 1000
const shortestSleepMs = 20

export function createConfirmer({ mode, ledger, rubygems, now, log, ...parts }: ConfirmerParts): Confirmer {
  const { claims } = ledger
  const breaker = createBreaker(now)
  let running = false
  let startedAt = 0

  /** One round; how long to sleep after it when nothing wakes the confirmer, ms. */
  const workOnce = async (): Promise<number> => {
    try {
      return await workOnSome()
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      log.error(
        { err: error },
        'nothing confirmed: the ledger cannot be written; check disk space and permissions of DATA_DIR',
      )
      return longestSleepMs
    }
  }

  const workOnSome = async (): Promise<number> => {
    if (mode === 'off' && letGoUnchecked()) return shortestSleepMs
    // What was contradicted before it was turned off is looked at to the end.
    const asking = mode === 'off' ? 'prefer' : mode
    const state = breaker.state()
    if (state === 'open') {
      // Whoever must be confirmed waits until somebody has tried.
      if (asking === 'prefer') endWithoutAsking(now(), (claim) => decide(claim, notAsked, asking, now()))
      return longestSleepMs
    }
    if (mode === 'prefer') letGoOverdue()
    const limit = state === 'trying' ? 1 : askedAtOnce
    const due = claims.due(now(), limit)
    await allOf(due.map((claim) => ask(claim, asking)))
    return Math.min(
      longestSleepMs,
      Math.max(shortestSleepMs, (claims.nextCheckAt() ?? Number.POSITIVE_INFINITY) - now()),
    )
  }

  /** Whether there may be more of them. */
  const letGoUnchecked = (): boolean => {
    const unchecked = claims.uncontradicted(letGoAtOnce)
    for (const claim of unchecked) carryOut(claim, letGo)
    return unchecked.length === letGoAtOnce
  }

  /** Where more comes than may be asked about, news is worth more than certainty. */
  const letGoOverdue = () => {
    const longAgo = now() - longestQueueMs
    // What is overdue because nobody ran gets its turn, too.
    if (startedAt <= longAgo) endWithoutAsking(longAgo, (claim) => decide(claim, crowded, 'prefer', now()))
  }

  const endWithoutAsking = (dueAt: number, decideOn: (claim: Claim) => Decision) => {
    const due = claims.due(dueAt, letGoAtOnce)
    for (const claim of due) carryOut(claim, decideOn(claim))
    if (due.length === letGoAtOnce) rounds.wake()
  }

  const ask = async (claim: Claim, asking: 'prefer' | 'require') => {
    const check = await checkClaim(claim, { claims, rubygems, now })
    // Whoever stops gets no answers: that says nothing about the upstream, nor about the claim.
    if (!running && check.outcome === 'unclear') return
    noteSilence(check)
    carryOut(claim, decide(claim, check, asking, now()))
  }

  const noteSilence = (check: ClaimCheck) => {
    const why = check.outcome === 'unclear' ? check.why : 'answer'
    if (why === 'silence' && breaker.silent())
      log.warn({ mode }, 'the upstream cannot be reached, so what webhooks claim cannot be confirmed')
    if (why === 'answer' && breaker.heard()) log.info('the upstream can be reached again')
  }

  const carryOut = (claim: Claim, decision: Decision) => {
    const { eventId } = claim
    if (decision.action === 'postpone') {
      const { forMs, reason, said } = decision
      claims.postpone(eventId, now() + forMs, reason, said, now())
      reportPostponed(claim, decision)
    } else if (decision.action === 'refute') {
      if (claims.refute(eventId, decision.reason, now()).waited)
        log.warn(about(claim, decision.reason), 'event refuted: the upstream says otherwise, nobody is told')
    } else if (claims.settle(eventId, decision.checked, now()).told) {
      const { checked } = decision
      if (checked.confirmation === 'confirmed') log.debug(about(claim), 'event confirmed')
      else log.info(about(claim, checked.doubt), 'event could not be confirmed, and is sent all the same')
      parts.wake()
    }
  }

  const reportPostponed = (claim: Claim, { reason, said }: Decision & { action: 'postpone' }) => {
    if (said !== null && claim.contradictedAt === null)
      log.warn(
        about(claim, reason),
        `event held: the upstream ${sayings[said]}, and is asked again in a minute`,
      )
    else if (mode === 'require' && claim.doubt === null)
      log.warn(about(claim, reason), 'event held until it can be confirmed')
  }

  const rounds = createRounds({ round: workOnce, gapMs: () => 0 })

  return {
    start() {
      running = true
      startedAt = now()
      rounds.start()
    },

    wake: rounds.wake,

    async stop() {
      running = false
      await rounds.stop()
    },
  }
}

const sayings = { contradicted: 'says otherwise', agreed: 'agrees too early' }

const notAsked: Unclear = {
  outcome: 'unclear',
  why: 'silence',
  reason: 'The upstream could not be reached a moment ago, so it was not asked.',
  retryAfterMs: null,
}

const crowded: Unclear = {
  outcome: 'unclear',
  why: 'answer',
  reason: 'Too many claims waited for the upstream to be asked.',
  retryAfterMs: null,
}

/** Waits for all, so that none goes on behind the round's back. Throws what one threw, a bug rather than storage trouble. */
async function allOf(works: Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(works)
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  if (errors.length > 0) throw errors.find((error) => !isStorageTrouble(error)) ?? errors[0]
}

function about({ eventId, kind, gemName, number, platform }: Claim, reason?: string) {
  return { event: eventId, kind, gem: gemName, version: number, platform, ...(reason && { reason }) }
}
