import type { Logger } from 'pino'
import type { Problem } from '../error.js'
import type { Arrival } from '../ledger/arrivals.js'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'
import { isStorageTrouble } from '../ledger/open.js'
import type { Progress } from '../ledger/upstreams.js'
import { catchUp } from './catch-up.js'
import type { Word } from './index-words.js'
import { createLooks, type Looks } from './looks.js'
import { completeUntil, rangeToRead } from './next-pass.js'
import type { UpstreamReads } from './stoppable.js'
import { createUnreadableRows } from './unreadable-rows.js'
import { versionsFile } from './versions-file.js'
import { newsSince, wantsNothing, wantsOf } from './wants.js'
import { readIndex } from './yanks.js'

/** What a pass needs. */
export interface PassParts {
  ledger: Ledger
  rubygems: UpstreamReads
  /** Base URL of the upstream. */
  host: string
  dataDir: string
  /** ms since the epoch */
  now(): number
  log: Logger
  /** Events were kept: the dispatcher has something to do. */
  wake(): void
}

/** What a pass came to. */
export interface Pass {
  /** How many events it made. */
  events: number
  /** How many windows of the timeframe it saw to their end. */
  windows: number
  /** Why it ended before its time, or null. What it had found by then is kept. */
  problem: Problem | null
}

/** Makes passes over one upstream, one at a time. */
export interface PassMaker {
  /** Reads what is new in the timeframe, then in the compact index; nothing when no hook wants anything. */
  make(): Promise<Pass>
  /** Whether a hook wants something, after a pass in which none did. To be asked often. */
  hasFirstHook(): boolean
}

export function createPassMaker({ ledger, rubygems, host, dataDir, now, log, wake }: PassParts): PassMaker {
  const file = versionsFile(dataDir, host)
  let isIdle = false
  let saidNoIndex = false
  let later: readonly Word[] = []
  /** Up to then nobody wanted anything. */
  let unwantedUntil = Number.NEGATIVE_INFINITY

  const keep = (arrivals: readonly Arrival[]) => {
    const receipts = ledger.arrivals.record(arrivals)
    if (receipts.some(({ status }) => status !== 'duplicate')) wake()
    return receipts
  }

  /** Counts what it finds in `pass`; why it ended before its time, or null. */
  const look = async (pass: Pass): Promise<Problem | null> => {
    isIdle = false
    const progress = ledger.upstreams.begin(host, now())
    const wanted = ledger.hooks.wanted(host)
    if (wantsNothing(wanted)) return beIdle(progress)
    const looks = createLooks(rubygems)
    const problem = await readTimeframe(pass, progress, wanted, looks)
    if (problem !== null) return problem
    const index = await readIndex({ ledger, rubygems, looks, host, file, wanted, later, keep, now })
    pass.events += index.events.length
    later = index.later
    const indexProblem = index.problem?.code === 'not_found' ? doWithoutIndex() : index.problem
    return indexProblem ?? looks.problem()
  }

  /** What nobody wants is complete, and the copy is not kept up for it: what it then lacks would be taken for new later. */
  const beIdle = async ({ versionsEtag }: Progress) => {
    isIdle = true
    later = []
    unwantedUntil = now()
    ledger.upstreams.completed(host, { until: unwantedUntil, publishedAt: null }, unwantedUntil)
    if (versionsEtag !== null) ledger.upstreams.keptVersions(host, null)
    await file.remove()
    return null
  }

  /** Why nothing more can be read, or null: what could not be looked at is no reason. */
  const readTimeframe = async (pass: Pass, progress: Progress, wanted: Wanted, looks: Looks) => {
    const [historyEndsAt, isNewsAt] = [historyEnds(progress), newsSince(wanted)]
    const since = (gemName: string) => Math.max(historyEndsAt, isNewsAt(gemName))
    const parts = { ledger, rubygems, wants: wantsOf(wanted), since, looks, keep, now }
    const unreadable = createUnreadableRows()
    let { publishedAt } = progress
    try {
      for await (const page of catchUp(rangeToRead(progress, now()), parts)) {
        if (!page.ok) return page.problem === looks.problem() && !looks.areOver() ? null : page.problem
        const { window, complete, events } = page.value
        pass.events += events.length
        unreadable.add(page.value.unreadable)
        publishedAt = latest(publishedAt, page.value.publishedAt)
        if (!complete) continue
        const until = completeUntil(window, publishedAt)
        ledger.upstreams.completed(host, { until, publishedAt }, now())
        pass.windows += 1
      }
      return null
    } finally {
      unreadable.tell(log)
    }
  }

  /** Nothing is taken from before the first start, nor from when nobody wanted anything. */
  const historyEnds = ({ begunAt }: Progress): number => {
    const end = Math.max(begunAt, unwantedUntil)
    // When the clock was set back: better an hour of history than a day of nothing.
    return end <= now() ? end : Number.NEGATIVE_INFINITY
  }

  const doWithoutIndex = () => {
    if (!saidNoIndex) log.info('the upstream has no compact index: only yanks of recent releases are found')
    saidNoIndex = true
    return null
  }

  return {
    async make() {
      const pass: Pass = { events: 0, windows: 0, problem: null }
      try {
        pass.problem = await look(pass)
      } catch (error) {
        if (!isDiskTrouble(error)) throw error
        pass.problem = { code: 'unavailable', message: `DATA_DIR cannot be used: ${error.message}.` }
      }
      return pass
    },
    hasFirstHook() {
      if (!isIdle) return false
      try {
        if (!wantsNothing(ledger.hooks.wanted(host))) return true
      } catch (error) {
        // The next pass meets the same trouble, and says so.
        if (!isStorageTrouble(error)) throw error
        return false
      }
      unwantedUntil = now()
      return false
    },
  }
}

function isDiskTrouble(error: unknown): error is Error {
  return isStorageTrouble(error) || (error instanceof Error && 'syscall' in error)
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other)
}
