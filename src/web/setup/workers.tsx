import { ownCommand } from '../../own-command.js'
import type { WorkerSeen } from '../../transport/transport.js'
import { span } from '../../watch/span.js'
import { Moment } from '../parts/moment.js'
import { Table } from '../parts/table.js'
import type { Setup } from '../setup-parts.js'

interface WorkersProps {
  setup: Pick<Setup, 'transport' | 'redisHost'>
  /** Null: Redis cannot be asked. */
  workers: readonly WorkerSeen[] | null
  now: number
}

/** How work is carried, and the processes that do it. */
export function Workers({ setup: { transport, redisHost }, workers, now }: WorkersProps) {
  return (
    <>
      <p>
        {transport === 'in-process' ? (
          <>
            This process makes all attempts itself. With <span class="mono">REDIS_URL</span> set, any number
            of workers on any machines do.
          </>
        ) : (
          <>
            Work goes over Redis at <span class="mono">{redisHost}</span>. Start more workers with{' '}
            <span class="mono">{ownCommand} worker</span>.
          </>
        )}
      </p>
      <WorkerTable workers={workers} now={now} />
    </>
  )
}

function WorkerTable({ workers, now }: Pick<WorkersProps, 'workers' | 'now'>) {
  if (workers === null) return <p>Redis cannot be asked which workers there are.</p>
  if (workers.length === 0)
    return (
      <p>
        No worker has been seen for a minute, so nothing goes out: start one with{' '}
        <span class="mono">{ownCommand} worker</span>.
      </p>
    )
  return (
    <Table label="Workers" columns={['Worker', 'Version', 'Channels', 'Started', 'Last heartbeat']}>
      {workers.map(({ id, host, pid, version, channels, startedAt, secondsAgo }) => (
        <tr key={id}>
          <td>
            {host} <span class="muted">pid {pid}</span>
          </td>
          <td>{version}</td>
          <td>{channels.join(', ')}</td>
          <td>
            <Moment at={startedAt} now={now} />
          </td>
          <td>{secondsAgo < 1 ? 'now' : `${span(secondsAgo * 1_000)} ago`}</td>
        </tr>
      ))}
    </Table>
  )
}
