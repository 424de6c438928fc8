import { setTimeout as delay } from 'node:timers/promises'
import { plain } from '../plain-text.js'
import { waitAfter } from './next-pass.js'
import { createPassMaker, type Pass, type PassParts } from './pass.js'
import { stoppable } from './stoppable.js'

/** What looking for missed releases needs. */
export interface ReconcilerParts extends PassParts {
  /** Resolves after so long, or as soon as the signal is aborted; real time unless told. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Looks for what webhooks did not tell (issue 3 §3). */
export interface Reconciler {
  /**
   * A pass now, and then every 15 minutes; after failures in a row after 1, 2, 4, 8 and then 15 minutes. While no hook wants
   * anything the upstream is not asked, and the first hook brings about a pass within a second.
   */
  start(): void
  /** A pass now, or the one that is under way. */
  passNow(): Promise<Pass>
  /** Starts no more passes, and waits for one that is under way, which ends at once. */
  stop(): Promise<void>
  /** Why the last pass failed, or null. */
  trouble(): string | null
}

const lookMs = 1_000

/** Nothing happens before `start` or `passNow`. */
export function createReconciler({ pause = sleep, ...parts }: ReconcilerParts): Reconciler {
  const { host, log } = parts
  const stopping = new AbortController()
  const { signal } = stopping
  const passes = createPassMaker({ ...parts, rubygems: stoppable(parts.rubygems, signal) })
  let current: Promise<Pass> | undefined
  let loop: Promise<void> | undefined
  let failures = 0
  let trouble: string | null = null

  const passNow = (): Promise<Pass> => {
    current ??= passOnce().finally(() => {
      current = undefined
    })
    return current
  }

  const passOnce = async (): Promise<Pass> => {
    const pass = await passes.make()
    // What stopping cut short says nothing about the upstream.
    if (!signal.aborted) ended(pass)
    return pass
  }

  const ended = ({ events, windows, problem }: Pass) => {
    if (events > 0) log.info({ events, windows }, 'found what webhooks had not told')
    failures = problem === null ? 0 : failures + 1
    const reason = problem === null ? null : plain(problem.message, 500)
    if (reason === null) {
      if (trouble !== null) log.info('looking for missed releases works again')
    } else {
      const about = { reason, nextTryMinutes: waitAfter(failures) / 60_000 }
      log[reason === trouble ? 'debug' : 'warn'](about, 'could not look for missed releases')
    }
    trouble = reason
  }

  const passAgainAndAgain = async () => {
    while (!signal.aborted) {
      await passNow()
      for (let waited = 0; waited < waitAfter(failures) && !passes.hasFirstHook(); waited += lookMs) {
        await pause(lookMs, signal)
        if (signal.aborted) return
      }
    }
  }

  return {
    start() {
      loop = passAgainAndAgain()
    },
    passNow,
    async stop() {
      stopping.abort()
      await Promise.all([loop, current])
    },
    trouble: () =>
      trouble === null
        ? null
        : `Releases that ${new URL(host).host} did not tell of cannot be looked for: ${trouble}`,
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
