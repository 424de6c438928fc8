import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { DeliveryCursor, DeliveryFilter } from '../ledger/delivery-list.js'
import type { Ledger } from '../ledger/ledger.js'

/** Dead deliveries that an account asked for again, all that match. */
export interface Redelivery {
  id: string
  filter: DeliveryFilter
  /** How many are known to match. Many are counted little by little, all of them before the first one goes. */
  total: number
  /** How many were looked at, the skipped ones among them. */
  done: number
  /** How many stay dead: their endpoint is disabled. */
  skipped: number
  state: 'running' | 'finished' | 'failed'
}

/** Redeliveries of many at once: they go on by themselves, a few hundred deliveries at a time. */
export interface Redeliveries {
  /** The one that is about to begin already, when the same was asked for before. */
  start(accountId: number, filter: DeliveryFilter): Redelivery
  /** Undefined: there is none with that id, it is another account's, or it has been over for long. */
  get(accountId: number, id: string): Redelivery | undefined
  /** Ends the running ones after the step they are at. */
  stop(): Promise<void>
}

interface RedeliveriesParts {
  ledger: Pick<Ledger, 'redeliver'>
  /** The wall clock, ms since the epoch. */
  now(): number
  /** There is something to hand out. */
  wake(): void
  log: Logger
}

interface Run extends Redelivery {
  accountId: number
}

const lookedAtOnce = 500
/** Of one account. */
const mostKept = 100

export function createRedeliveries({ ledger, now, wake, log }: RedeliveriesParts): Redeliveries {
  const runs = new Map<string, Run>()
  const underWay = new Set<Promise<void>>()
  const last = new Map<number, Promise<void>>()
  let stopping = false

  const count = async (run: Run, counted: DeliveryCursor | null) => {
    let before = counted
    while (before !== null) {
      await pause()
      if (stopping) return
      const step = ledger.redeliver.countDead(run.accountId, run.filter, before)
      run.total += step.count
      before = step.next
    }
  }

  const walk = async (run: Run) => {
    let before: DeliveryCursor | null = null
    do {
      await pause()
      if (stopping) return
      const { accountId, filter } = run
      const step = ledger.redeliver.dead(accountId, filter, before, lookedAtOnce, now())
      run.done += step.redelivered + step.skipped
      run.skipped += step.skipped
      before = step.next
      if (step.redelivered > 0) wake()
    } while (before !== null)
    run.state = 'finished'
  }

  const finish = async (run: Run, counted: DeliveryCursor | null) => {
    try {
      await count(run, counted)
      await walk(run)
    } catch (error) {
      run.state = 'failed'
      log.error({ err: error, redelivered: run.done - run.skipped }, 'redelivery ended early')
    }
  }

  const forgetOldest = (own: readonly Run[]) => {
    const over = own.filter(({ state }) => state !== 'running')
    for (const { id } of over.slice(0, Math.max(0, own.length - mostKept + 1))) runs.delete(id)
  }

  return {
    start(accountId, filter) {
      const own = [...runs.values()].filter((run) => run.accountId === accountId)
      const same = own.find(
        (run) => run.state === 'running' && run.done === 0 && isDeepStrictEqual(run.filter, filter),
      )
      if (same !== undefined) return seen(same)
      forgetOldest(own)
      const id = randomBytes(9).toString('base64url')
      const { count: total, next } = ledger.redeliver.countDead(accountId, filter, null)
      const run: Run = { id, accountId, filter, total, done: 0, skipped: 0, state: 'running' }
      runs.set(id, run)
      // One after the other for each account, so that many cost the others no more than one does.
      const before = last.get(accountId) ?? Promise.resolve()
      const work = before.then(() => finish(run, next)).finally(() => underWay.delete(work))
      last.set(accountId, work)
      underWay.add(work)
      return seen(run)
    },

    get(accountId, id) {
      const run = runs.get(id)
      return run?.accountId === accountId ? seen(run) : undefined
    },

    async stop() {
      stopping = true
      await Promise.all(underWay)
    },
  }
}

/** What arrives meanwhile goes first. */
function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What the account sees of it. More may have died since it began. */
function seen({ accountId: _, ...run }: Run): Redelivery {
  return { ...run, total: Math.max(run.total, run.done) }
}
