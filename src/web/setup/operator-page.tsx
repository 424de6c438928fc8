import type { TransportHealth, WorkerSeen } from '../../transport/transport.js'
import type { Overview } from '../../watch/overview.js'
import { Notice } from '../parts/notice.js'
import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'
import { Backup } from './backup.js'
import { HealthText } from './health-text.js'
import { Mail } from './mail.js'
import { Numbers } from './numbers.js'
import { Receiving } from './receiving.js'
import { UpstreamHooks } from './upstream-hooks.js'
import type { Verified } from './verified.js'
import { VerifyForm } from './verify-form.js'
import { Versions } from './versions.js'
import { Workers } from './workers.js'

interface OperatorPageProps {
  setup: Setup
  overview: Overview
  health: TransportHealth
  /** Null: Redis cannot be asked. */
  workers: readonly WorkerSeen[] | null
  verified: Verified | null
  csrf: string
  now: number
}

/** The whole installation, for the account that runs it. */
export function OperatorPage(props: OperatorPageProps) {
  const { setup, overview, health, workers, verified, csrf, now } = props
  return (
    <div class="stack setup">
      <div class="stack" data-live="warnings" hidden={overview.warnings.length === 0}>
        {overview.warnings.map((warning) => (
          <Notice key={warning} tone="warn">
            {warning}
          </Notice>
        ))}
      </div>
      <Receiving setup={setup} overview={overview} now={now} />
      <VerifyForm verified={verified} csrf={csrf} />
      <UpstreamHooks setup={setup} overview={overview} now={now} />
      <Panel id="delivering" title="Delivering" live>
        <HealthText health={health} />
        <Workers setup={setup} workers={workers} now={now} />
      </Panel>
      <Mail setup={setup} />
      <Numbers overview={overview} now={now} />
      <Backup setup={setup} />
      <Versions setup={setup} now={now} />
    </div>
  )
}
