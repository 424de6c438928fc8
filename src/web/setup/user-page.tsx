import type { TransportHealth } from '../../transport/transport.js'
import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'
import { HealthText } from './health-text.js'

/** What accounts other than the operator's are told of the installation. */
export function UserPage({
  health,
  setup,
}: {
  health: TransportHealth
  setup: Pick<Setup, 'missingMail' | 'version'>
}) {
  return (
    <div class="stack">
      <Panel id="delivering" title="Delivering" live>
        <HealthText health={health} />
        <p>
          {setup.missingMail === null
            ? 'Hooks can lead to webhooks, Slack, email and inboxes.'
            : 'Hooks can lead to webhooks, Slack and inboxes. This server sends no mail.'}
        </p>
        <p class="muted">gemherald {setup.version}. The account default sets the rest up.</p>
      </Panel>
    </div>
  )
}
