import type { SeenHook, Upstreams } from '../ledger/upstreams.js'
import type { UpstreamHook } from '../rubygems/schemas.js'
import { hookKey, type OwnHooks } from './own-hooks.js'
import type { SyncPlan } from './plan.js'
import type { SyncReport } from './sync.js'

/** What of ours is listed, each hook once: of two rows the higher count. Those at earlier URLs stay remembered. */
export function listedHooks({ current, earlier }: OwnHooks<UpstreamHook>): SeenHook[] {
  const hooks = new Map<string, SeenHook>()
  for (const { gemName, url, failureCount } of [...current, ...earlier]) {
    const key = hookKey({ gemName, url })
    const highest = Math.max(failureCount, hooks.get(key)?.failureCount ?? 0)
    hooks.set(key, { gemName, url, failureCount: highest })
  }
  return [...hooks.values()]
}

/** What a plan is about, and where it is remembered. */
export interface SyncMemory {
  upstreams: Pick<Upstreams, 'sawHooks'>
  /** Base URL of the upstream. */
  host: string
  own: OwnHooks<UpstreamHook>
  /** ms since the epoch */
  now: number
}

/**
 * Remembers what is listed, and what is to be added, before a plan is carried out. So a hook whose making was cut short is
 * known as ours, even when our URL is another the next time.
 */
export function rememberPlan(
  { upstreams, host, own, now }: SyncMemory,
  { add }: Pick<SyncPlan, 'add'>,
  receiverUrl: string,
): void {
  const listed = listedHooks(own)
  // First alone: a hook that vanished is forgotten before a new one on its gem is remembered.
  upstreams.sawHooks(host, listed, now)
  upstreams.sawHooks(host, [...listed, ...add.map((gemName) => newHook(gemName, receiverUrl))], now)
}

/** Remembers what is there after a plan was carried out, or may be. */
export function rememberReport({ upstreams, host, own, now }: SyncMemory, report: SyncReport): void {
  upstreams.sawHooks(host, hooksAfter(own, report), now)
}

function hooksAfter(own: OwnHooks<UpstreamHook>, { done, failed, left }: SyncReport): SeenHook[] {
  // What is unavailable may have done it all the same.
  const mayBeDone = [...done, ...failed.filter(({ problem }) => problem.code === 'unavailable')]
  const added = mayBeDone.filter(({ action }) => action === 'add')
  // Of two rows one may be left.
  const kept = new Set([...failed, ...left].filter(({ action }) => action !== 'add').map(hookKey))
  const removed = done.filter((change) => change.action !== 'add' && !kept.has(hookKey(change)))
  const gone = new Set(removed.map(hookKey))
  return [
    ...listedHooks(own).filter((hook) => !gone.has(hookKey(hook))),
    ...added.map(({ gemName, url }) => newHook(gemName, url)),
  ]
}

function newHook(gemName: string, url: string): SeenHook {
  return { gemName, url, failureCount: 0 }
}
