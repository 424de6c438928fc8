import { plain } from '../plain-text.js'
import type { HookAddress } from '../rubygems/web-hooks.js'
import type { SyncPlan } from '../upstream/plan.js'
import { readRubyArray } from '../upstream/ruby-array.js'
import type { FailedChange, SyncChange, SyncReport } from '../upstream/sync.js'
import { failWith } from './fail.js'
import { longestName } from './lines.js'
import type { UpstreamConfig } from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'

/** A plan for people, a line for each change. */
export function planLines({ add, remove, removeEarlier, unchanged }: SyncPlan): string[] {
  return [
    ...add.map((name) => `+ ${plain(name, longestName)}`),
    ...remove.map((name) => `- ${plain(name, longestName)}`),
    ...removeEarlier.map((hook) => `- ${earlierName(hook)}`),
    `= ${unchanged.length} unchanged`,
  ]
}

/** A plan for programs: names of gems. */
export function planJson({ add, remove, removeEarlier, unchanged }: SyncPlan) {
  return { add, remove, remove_earlier: removeEarlier.map(({ gemName }) => gemName), unchanged }
}

/** What is not done, and why, for programs. */
export interface Failure {
  action: SyncChange['action']
  gem: string
  text: string
}

/** Says on stderr what is not done, and ends the command with 1 if there is anything; gives the same for programs. */
export async function tellFailures({ failed, left }: SyncReport, config: UpstreamConfig): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const change of failed) {
    const { message } = await explainUpstream(change.problem, change.gemName, config)
    failWith({ code: 'unavailable', message: `${notDone(change)}: ${message}` })
    failures.push({ ...about(change), text: ownText(change) ?? message })
  }
  if (left.length > 0)
    console.error(`… and ${left.length} more ${left.length === 1 ? 'was' : 'were'} not tried: run it again`)
  return [...failures, ...left.map((change) => ({ ...about(change), text: 'not tried after that.' }))]
}

function about({ action, gemName }: SyncChange): Pick<Failure, 'action' | 'gem'> {
  return { action, gem: gemName }
}

function notDone(change: SyncChange): string {
  const { action, gemName } = change
  const name = action === 'remove_earlier' ? earlierName(change) : plain(gemName, longestName)
  return `${name} was not ${action === 'add' ? 'added' : 'removed'}`
}

/** Programs get the literal as upstream gave it. */
function ownText({ problem: { text } }: FailedChange): string | null {
  return text !== null && readRubyArray(text) !== null ? text : null
}

function earlierName({ gemName }: HookAddress): string {
  return `${plain(gemName, longestName)} (at an earlier URL of this server)`
}
