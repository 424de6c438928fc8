import type { Logger } from 'pino'
import type { Wanted } from '../ledger/hooks.js'
import type { Ledger } from '../ledger/ledger.js'
import { isStorageTrouble } from '../ledger/open.js'
import { plain } from '../plain-text.js'
import type { WebHooks } from '../rubygems/web-hooks.js'
import { risingWarnings, unknownGemWarnings } from './hook-warnings.js'
import { ownHooks } from './own-hooks.js'
import { defaultGlobalAbove, planSync, targetOf } from './plan.js'
import { createRiseLog } from './rise-log.js'
import { applyPlan, type FailedChange, type SyncReport } from './sync.js'
import { rememberPlan, rememberReport } from './sync-memory.js'
import { createSyncSchedule } from './sync-schedule.js'
import { syncTrouble } from './sync-trouble.js'

/** What keeping the upstream in step needs. */
export interface AutoSyncParts {
  ledger: Pick<Ledger, 'hooks' | 'upstreams'>
  /** Of a client that stops waiting when the server stops. */
  webHooks: Pick<WebHooks, 'list' | 'create' | 'remove'>
  /** Base URL of the upstream. */
  host: string
  /** Our own receiver's, as it is registered; asked for at each sync. */
  receiverUrl(): string
  /** ms since the epoch */
  now(): number
  log: Logger
}

/** Keeps the upstream's hooks in step with the hooks here (UPSTREAM_SYNC=auto). */
export interface AutoSync {
  /** Syncs now, and from now on within 20 s of a change and every hour. */
  start(): void
  /** Looks at once whether a sync is due, as it does every 20 s; resolves when that is done. For a clock that moved. */
  wake(): Promise<void>
  /** Starts no more syncs, and waits for one that is under way. */
  stop(): Promise<void>
  /** Why the last sync failed, or null. */
  trouble(): string | null
  /** What an operator should look at. */
  warnings(): string[]
}

const lookMs = 20_000

/** Nothing happens before `start`. What cannot be done is tried again after 1, 2, 4 … at most 60 minutes. */
export function createAutoSync(parts: AutoSyncParts): AutoSync {
  const { ledger, webHooks, host, now, log } = parts
  const schedule = createSyncSchedule()
  const rises = createRiseLog(log)
  let timer: NodeJS.Timeout | undefined
  let running = false
  let current: Promise<void> | undefined
  let trouble: string | null = null
  let unknownGems: string[] = []

  const look = (): Promise<void> => {
    current ??= lookOnce().finally(() => {
      current = undefined
    })
    return current
  }

  const lookOnce = async () => {
    if (!running) return
    let why: string | null
    try {
      const wanted = ledger.hooks.wanted(host)
      const target = targetOf(wanted, defaultGlobalAbove).join(' ')
      if (!schedule.isDue(target, now())) return
      schedule.began(target, now())
      why = await sync(wanted)
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      why = `the ledger cannot be used: ${error.message}`
    }
    // A sync that stopping cut short says nothing about the upstream.
    if (running) ended(why)
  }

  /** Null when all went well, else why not. */
  const sync = async (wanted: Wanted): Promise<string | null> => {
    const receiverUrl = parts.receiverUrl()
    const listed = await webHooks.list()
    if (!listed.ok) return syncTrouble(listed.problem, host, receiverUrl)
    // Whoever stopped may not have waited: the ledger may be closed.
    if (!running) return null
    const { upstreams } = ledger
    const before = upstreams.hooks(host)
    const own = ownHooks(listed.value, receiverUrl, before)
    const plan = planSync({ wanted, own, globalAbove: defaultGlobalAbove })
    rememberPlan({ upstreams, host, own, now: now() }, plan, receiverUrl)
    const report = await applyPlan({ plan, webHooks, receiverUrl })
    if (!running) return null
    rememberReport({ upstreams, host, own, now: now() }, report)
    rises.tell(before, upstreams.hooks(host), now())
    logChanges(report, log)
    unknownGems = report.failed.filter(isUnknownGem).map(({ gemName }) => gemName)
    const failed = report.failed.find((change) => !isUnknownGem(change))
    return failed === undefined ? null : syncTrouble(failed.problem, host, failed.url)
  }

  const ended = (why: string | null) => {
    schedule.ended(why === null)
    if (why === null && trouble !== null) log.info('upstream hooks are in step again')
    trouble = why
    if (why !== null)
      log.warn({ reason: why, nextTryMinutes: schedule.waitMs() / 60_000 }, 'upstream hooks are not in step')
  }

  return {
    start() {
      running = true
      timer = setInterval(look, lookMs)
      void look()
    },
    wake: look,
    async stop() {
      running = false
      clearInterval(timer)
      await current
    },
    trouble: () =>
      trouble === null
        ? null
        : `The hooks at ${new URL(host).host} are not in step with those here: ${trouble}`,
    warnings: () => [
      ...risingWarnings(ledger.upstreams.hooks(host), host, now()),
      ...unknownGemWarnings(unknownGems, host),
    ],
  }
}

/** A gem that the upstream does not know yet may come to be: each sync tries again, and nothing is in trouble. */
function isUnknownGem({ action, problem }: FailedChange): boolean {
  return action === 'add' && problem.code === 'not_found'
}

function logChanges({ done }: SyncReport, log: Logger): void {
  if (done.length === 0) return
  const names = (action: string) =>
    done.filter((change) => change.action === action).map(({ gemName }) => plain(gemName, 200))
  log.info(
    { added: names('add'), removed: names('remove'), removedEarlier: names('remove_earlier') },
    'upstream hooks changed',
  )
}
