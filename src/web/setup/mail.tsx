import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'

/** Whether emails can be sent, and as whom. */
export function Mail({
  setup: { mailFrom, missingMail },
}: {
  setup: Pick<Setup, 'mailFrom' | 'missingMail'>
}) {
  return (
    <Panel id="mail" title="Email" live>
      <p>
        {missingMail === null
          ? `Emails are sent as ${mailFrom}.`
          : `No email is sent: set ${missingMail}, and start this server again. Until then email hooks are refused.`}
      </p>
    </Panel>
  )
}
