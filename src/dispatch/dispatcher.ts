import type { Logger } from 'pino'
import type { Channel } from '../endpoint.js'
import type { Ledger } from '../ledger/ledger.js'
import { isStorageTrouble } from '../ledger/open.js'
import { createRounds } from '../rounds.js'
import { type Clocks, createSteadyTime } from '../steady-time.js'
import type { Transport } from '../transport/transport.js'
import { fanOutSome } from './fan-out.js'
import { createHandOut } from './hand-out.js'
import { createJobMaker, type JobParts } from './jobs.js'
import { createPace, type PaceNow } from './pace.js'
import { createRecorder } from './recorder.js'
import { createWithdrawal } from './withdrawal.js'

interface DispatcherParts extends Omit<JobParts, 'ledger'>, Clocks {
  ledger: Ledger
  transport: Transport
  log: Logger
  /** Called after outcomes were recorded. */
  recorded(): void
}

/** Fans events out, hands due deliveries to the transport and records what comes back. */
export interface Dispatcher {
  start(): Promise<void>
  /** There may be something to do: an event was kept, an outcome recorded, the clock moved. */
  wake(): void
  /** What an endpoint is given at present. */
  pace(endpointId: number, channel: Channel): PaceNow
  /** Hands out no more, waits at most `graceMs` for attempts under way here, and records their outcomes. */
  stop(graceMs: number): Promise<void>
}

/** Even when nothing wakes it, the dispatcher looks this often: whether there is work, and whether the clock was set. */
const longestSleepMs = 1000
const shortestSleepMs = 20
const closedSleepMs = 1000
/** While work flows, a round waits this long for more slots to fall free: then one look serves them all. */
const busyGapMs = 4
/** What the wall clock is set by is noticed, and kept for the next start, from this on. */
const noticedJumpMs = 1000

/** All that waits does so by a steady time, so a clock that is set makes nothing early and leaves nothing stuck. */
export function createDispatcher({
  ledger,
  transport,
  now,
  elapsed,
  log,
  recorded,
  ...jobParts
}: DispatcherParts): Dispatcher {
  let keptAheadMs = ledger.deliveries.aheadMs()
  const steady = createSteadyTime({ now, elapsed }, keptAheadMs)
  const pace = createPace()
  const handOut = createHandOut({
    ledger,
    transport,
    pace,
    now: steady.now,
    log,
    makeJob: createJobMaker({ ledger, ...jobParts }),
  })
  const withdraw = createWithdrawal({ ledger, transport, pace, now: steady.now })
  const recorder = createRecorder({
    ledger,
    pace,
    now,
    steadyNow: steady.now,
    log,
    recorded: () => {
      rounds.wake()
      recorded()
    },
  })
  let sweptAt = Number.NEGATIVE_INFINITY
  let gapMs = 0

  /** One round; how long to sleep after it when nothing wakes the dispatcher, ms. */
  const workOnce = async (): Promise<number> => {
    try {
      noteJump()
      const moreEvents = fanOutSome(ledger, now())
      sweepNowAndThen()
      await withdraw()
      const { open, more, resumeAt } = await handOut()
      if (moreEvents || more) rounds.wake()
      gapMs = more ? busyGapMs : 0
      return open ? untilNext(resumeAt) : closedSleepMs
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      log.error(
        { err: error },
        'nothing handed out: the ledger cannot be written; check disk space and permissions of DATA_DIR',
      )
      return longestSleepMs
    }
  }

  /** The next start has only the wall clock and the ledger to go by. */
  const noteJump = () => {
    const aheadMs = steady.aheadMs()
    const jumpMs = keptAheadMs - aheadMs
    if (Math.abs(jumpMs) < noticedJumpMs) return
    ledger.deliveries.keepAhead(aheadMs)
    keptAheadMs = aheadMs
    log.warn(
      { seconds: Math.round(jumpMs / 1000) },
      'the clock was set, or this machine slept: what waits does so as long as it was to',
    )
  }

  /** What was lost with the process before is due again; what went to inboxes always was (src/transport/with-inbox.ts). */
  const releaseLost = () =>
    ledger.deliveries.releaseAll(transport.losesWorkWithProcess ? undefined : ['inbox'])

  /** What else the process before leased counts as out, and is checked at once: it may never have been carried. */
  const takeOver = (time: number) => {
    const leaseUntil = time + transport.leaseMs
    const leased = ledger.deliveries.leased()
    // The clock may have been set back while no server ran: else these would count as out until then.
    ledger.deliveries.limitWithdrawn(leaseUntil)
    pace.started([...leased, ...ledger.deliveries.withdrawn()], leaseUntil, time)
    ledger.deliveries.lease(leased, time)
  }

  const sweepNowAndThen = () => {
    if (steady.now() - sweptAt < longestSleepMs) return
    sweptAt = steady.now()
    pace.sweep(sweptAt, ledger.deliveries.isLeased)
  }

  /** A clock that was set back while no server ran; one that was set forward cannot be told from time that passed. */
  const pullBack = (time: number) => {
    const pulled = ledger.deliveries.pullBack(time)
    if (pulled > 0)
      log.warn({ deliveries: pulled }, 'deliveries waited for a time too far ahead: the clock was set back')
  }

  const untilNext = (resumeAt: number | undefined): number => {
    const moment = Math.min(
      ledger.deliveries.nextMoment() ?? Number.POSITIVE_INFINITY,
      resumeAt ?? Number.POSITIVE_INFINITY,
    )
    return Math.min(longestSleepMs, Math.max(shortestSleepMs, moment - steady.now()))
  }

  const rounds = createRounds({ round: workOnce, gapMs: () => gapMs })

  return {
    async start() {
      const time = steady.now()
      pullBack(time)
      releaseLost()
      takeOver(time)
      await transport.start(recorder.take)
      rounds.start()
    },

    wake: rounds.wake,

    pace: (endpointId, channel) => pace.of(channel, endpointId, steady.now()),

    async stop(graceMs) {
      await rounds.stop()
      await transport.stop(graceMs)
      await drained(recorder)
    },
  }
}

const drainChecks = 40
const drainCheckMs = 50

/** Gives the recorder up to two seconds to write what came in last; after that the leases bring it back. */
async function drained(recorder: { waiting(): number }): Promise<void> {
  for (let check = 0; check < drainChecks && recorder.waiting() > 0; check += 1)
    await new Promise((resolve) => setTimeout(resolve, drainCheckMs))
}
