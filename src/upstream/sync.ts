import type { UpstreamCode, UpstreamProblem } from '../rubygems/result.js'
import type { HookAddress, WebHooks } from '../rubygems/web-hooks.js'
import type { SyncPlan } from './plan.js'

/** One change to the upstream's hooks. */
export interface SyncChange extends HookAddress {
  /** `remove_earlier`: one of ours at an earlier URL of this server. */
  action: 'add' | 'remove' | 'remove_earlier'
}

/** A change that is made, or was made before. */
export interface DoneChange extends SyncChange {
  /** The upstream's own text. */
  text: string
}

/** A change that the upstream refused, or that could not be asked for. */
export interface FailedChange extends SyncChange {
  problem: UpstreamProblem
}

/** What came of a plan: each of its changes is in one of the three. */
export interface SyncReport {
  done: DoneChange[]
  failed: FailedChange[]
  /** Not tried: the upstream takes no more, or hooks are kept since what should stand in for them failed. */
  left: SyncChange[]
}

/** What carrying out a plan needs. */
export interface SyncParts {
  plan: Pick<SyncPlan, 'add' | 'remove' | 'removeEarlier'>
  webHooks: Pick<WebHooks, 'create' | 'remove'>
  receiverUrl: string
  /** Told before each change how many of how many are behind. */
  report?: (behind: number, all: number) => void
}

/**
 * Carries out a plan: first what is to be added, then what is to be removed, so that nothing is missed between. A change
 * that fails does not stop the rest, unless the upstream would refuse or not answer the rest as well.
 */
export async function applyPlan(parts: SyncParts): Promise<SyncReport> {
  const changes = changesOf(parts)
  const report: SyncReport = { done: [], failed: [], left: [] }
  for (const [behind, change] of changes.entries()) {
    if (isStopped(report) || wouldLeaveGap(change, parts.plan, report)) {
      report.left.push(change)
      continue
    }
    parts.report?.(behind, changes.length)
    const result = await make(change, parts)
    if ('problem' in result) report.failed.push(result)
    else report.done.push(result)
  }
  return report
}

function changesOf({
  plan: { add, remove, removeEarlier },
  receiverUrl: url,
}: Pick<SyncParts, 'plan' | 'receiverUrl'>): SyncChange[] {
  return [
    ...add.map((gemName) => ({ action: 'add', gemName, url }) as const),
    ...remove.map((gemName) => ({ action: 'remove', gemName, url }) as const),
    ...removeEarlier.map((hook) => ({ action: 'remove_earlier', ...hook }) as const),
  ]
}

const stopping: readonly UpstreamCode[] = ['unauthorized', 'forbidden', 'throttled', 'unavailable']

function isStopped({ failed }: SyncReport): boolean {
  return failed.some(({ problem }) => stopping.includes(problem.code))
}

/**
 * When one hook on `*` takes the place of many, or many that of one, or new ones that of those at an earlier URL, the old go
 * only when the new are there. A gem that the upstream does not know is no reason to keep any: nobody can have a hook on it.
 */
function wouldLeaveGap(
  { action }: SyncChange,
  { add, remove }: SyncParts['plan'],
  { failed }: SyncReport,
): boolean {
  if (action === 'add') return false
  if (action === 'remove' && !add.includes('*') && !remove.includes('*')) return false
  return failed.some((change) => change.action === 'add' && change.problem.code !== 'not_found')
}

async function make(
  change: SyncChange,
  { webHooks }: Pick<SyncParts, 'webHooks'>,
): Promise<DoneChange | FailedChange> {
  const { action, gemName, url } = change
  const result = await (action === 'add' ? webHooks.create : webHooks.remove)({ gemName, url })
  if (result.ok) return { ...change, text: result.value }
  const { problem } = result
  return isDoneAlready(action, problem)
    ? { ...change, text: problem.text ?? problem.message }
    : { ...change, problem }
}

/** protocol/rubygems-webhooks.md §3.1 and §3.3: somebody else was quicker. */
function isDoneAlready(action: SyncChange['action'], { code, text }: UpstreamProblem): boolean {
  if (action !== 'add') return code === 'not_found'
  return code === 'conflict' && (text ?? '').includes('has already been registered')
}
