import { label } from '../../plain-text.js'
import type { FailedChange, SyncChange, SyncReport } from '../../upstream/sync.js'
import { syncTrouble } from '../../upstream/sync-trouble.js'
import { Badge } from '../parts/badge.js'
import { Moment } from '../parts/moment.js'
import { Notice } from '../parts/notice.js'
import { Panel } from '../parts/panel.js'
import type { Sync } from '../setup-parts.js'

interface SyncPageProps {
  sync: Sync
  upstreamHost: string
  now: number
}

const lastSyncPath = '/setup/sync?show=last'

/** A sync under way, or what came of it. */
export function SyncPage({ sync, upstreamHost, now }: SyncPageProps) {
  return (
    <div class="stack">
      <Panel id="sync" title={sync.result === null ? 'The sync is under way' : 'The sync is over'} live>
        <p class="muted">
          Begun <Moment at={sync.startedAt} now={now} />
        </p>
        {sync.result === null && <Progress sync={sync} upstream={new URL(upstreamHost).host} />}
        {sync.result?.ok === false && <Notice tone="bad">{sync.result.problem.message}</Notice>}
        {sync.result?.ok && <Report report={sync.result.value} upstreamHost={upstreamHost} />}
      </Panel>
      <p>
        <a href="/setup/sync">{sync.result === null ? 'Look again' : 'Plan again'}</a> ·{' '}
        <a href="/setup">Setup</a>
      </p>
    </div>
  )
}

function Progress({ sync: { behind, all }, upstream }: { sync: Sync; upstream: string }) {
  return (
    <div data-progress={lastSyncPath}>
      <label for="sync-progress">
        {all === 0 ? `${upstream} is asked for its hooks` : `${behind} of ${all} changes done`}
      </label>{' '}
      <progress id="sync-progress" {...(all === 0 ? {} : { value: behind, max: all })} />
    </div>
  )
}

function Report({
  report: { done, failed, left },
  upstreamHost,
}: {
  report: SyncReport
  upstreamHost: string
}) {
  if (done.length + failed.length + left.length === 0) return <p>Nothing was to be done.</p>
  return (
    <ul class="plain-list">
      {failed.map((change) => (
        <li>
          <Badge tone="bad">failed</Badge> {nameOf(change)} was not{' '}
          {change.action === 'add' ? 'added' : 'removed'}: {reasonOf(change, upstreamHost)}
        </li>
      ))}
      {left.length > 0 && (
        <li>
          <Badge tone="warn">not tried</Badge> {left.length} more {left.length === 1 ? 'change' : 'changes'}:
          plan again later.
        </li>
      )}
      {done.map((change) => (
        <li>
          <Badge tone="good">{change.action === 'add' ? 'added' : 'removed'}</Badge> {nameOf(change)}
        </li>
      ))}
    </ul>
  )
}

function nameOf({ action, gemName }: SyncChange): string {
  const name = gemName === '*' ? 'the hook for every gem' : label(gemName, 100)
  return action === 'remove_earlier' ? `${name} (at an earlier URL of this server)` : name
}

/** Without the receiver's URL, since a token may be part of it. */
function reasonOf({ problem, url }: FailedChange, upstreamHost: string): string {
  return syncTrouble(problem, upstreamHost, url)
}
