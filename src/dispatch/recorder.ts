import type { Logger } from 'pino'
import type { Outcome } from '../delivery.js'
import type { Ledger } from '../ledger/ledger.js'
import { isStorageTrouble } from '../ledger/open.js'
import type { Recorded } from '../ledger/outcomes.js'
import type { Pace } from './pace.js'

interface RecorderParts {
  ledger: Pick<Ledger, 'outcomes'>
  pace: Pace
  /** ms since the epoch */
  now(): number
  /** The time that waits go by (src/steady-time.ts), ms. */
  steadyNow(): number
  log: Logger
  /** Called after a commit: there may be work to hand out. */
  recorded(): void
}

export interface Recorder {
  /** Resolves when the outcomes are on disk; tries again every second while the ledger cannot be written. */
  take(outcomes: Outcome[]): Promise<void>
  /** How many outcomes are not on disk yet. */
  waiting(): number
}

interface Waiting {
  outcome: Outcome
  done(): void
}

const largestCommit = 256
const retryMs = 1000

/** Writes outcomes to the ledger: those that come in during one turn of the event loop share a commit. */
export function createRecorder({ ledger, pace, now, steadyNow, log, recorded }: RecorderParts): Recorder {
  let queue: Waiting[] = []
  let scheduled = false

  const schedule = (delayMs: number) => {
    if (scheduled) return
    scheduled = true
    if (delayMs === 0) setImmediate(flush)
    else setTimeout(flush, delayMs)
  }

  const flush = () => {
    scheduled = false
    const batch = queue.slice(0, largestCommit)
    try {
      report(
        ledger.outcomes.record(
          batch.map((item) => item.outcome),
          now(),
          steadyNow(),
        ),
        log,
      )
    } catch (error) {
      if (!isStorageTrouble(error)) return recordOneByOne(batch)
      log.error(
        { err: error, outcomes: queue.length },
        'outcomes not recorded yet: the ledger cannot be written',
      )
      return schedule(retryMs)
    }
    finish(batch)
  }

  const finish = (batch: Waiting[]) => {
    queue = queue.slice(batch.length)
    for (const { outcome, done } of batch) {
      pace.ended(outcome, steadyNow())
      done()
    }
    if (queue.length > 0) schedule(0)
    recorded()
  }

  // One outcome that cannot be recorded must not keep the others, and this process, from going on: it is left to its lease.
  const recordOneByOne = (batch: Waiting[]) => {
    for (const { outcome } of batch) {
      try {
        report(ledger.outcomes.record([outcome], now(), steadyNow()), log)
      } catch (error) {
        log.error(
          { err: error, delivery: outcome.deliveryId },
          'outcome left aside: this is a bug in gemherald',
        )
      }
    }
    finish(batch)
  }

  return {
    async take(outcomes) {
      await Promise.all(
        outcomes.map((outcome) => new Promise<void>((done) => queue.push({ outcome, done }) && schedule(0))),
      )
    },
    waiting: () => queue.length,
  }
}

function report(records: Recorded[], log: Logger): void {
  for (const { outcome, endpointId, fresh, died, disabled } of records) {
    if (!fresh) continue
    const about = {
      delivery: outcome.deliveryId,
      endpoint: endpointId,
      attempt: outcome.attempt,
      statusCode: outcome.statusCode,
      error: outcome.error,
    }
    if (died) log.warn(about, 'delivery given up')
    else if (outcome.verdict === 'retry') log.info(about, 'attempt failed, will try again')
    else log.debug(about, 'delivered')
    if (disabled !== null) log.warn({ endpoint: endpointId, reason: disabled }, 'endpoint disabled')
  }
}
