import { label } from '../../plain-text.js'
import { roseLately } from '../../upstream/hook-warnings.js'
import type { Overview } from '../../watch/overview.js'
import { Badge } from '../parts/badge.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import { Table } from '../parts/table.js'
import type { Setup } from '../setup-parts.js'

interface UpstreamHooksProps {
  setup: Setup
  overview: Overview
  now: number
}

const mostShown = 100

/** Our own hooks at the upstream, as they were last listed there. */
export function UpstreamHooks({ setup, overview: { upstreamHooks }, now }: UpstreamHooksProps) {
  const upstream = new URL(setup.upstreamHost).host
  const receiver = setup.receiverUrl()
  // The first ones that are seen take its place, without a reload.
  if (upstreamHooks.length === 0) return <section hidden data-live="upstream-hooks" />
  return (
    <Panel id="upstream-hooks" title={`Hooks at ${upstream}`} live>
      <Table label="Hooks as they were last seen" columns={['Gem', 'Leads to', 'Failures', 'Last seen']}>
        {upstreamHooks.slice(0, mostShown).map((hook) => (
          <tr key={`${hook.gemName} ${hook.url}`}>
            <td>{hook.gemName === '*' ? '* every gem' : label(hook.gemName, 100)}</td>
            <td>{hook.url === receiver ? 'this receiver' : 'an earlier URL of this server'}</td>
            <td>
              {hook.failureCount} {roseLately(hook, now) && <Badge tone="warn">rising</Badge>}
            </td>
            <td>
              <Moment at={hook.seenAt} now={now} />
            </td>
          </tr>
        ))}
      </Table>
      {upstreamHooks.length > mostShown && <p>{upstreamHooks.length - mostShown} more are not shown.</p>}
    </Panel>
  )
}
