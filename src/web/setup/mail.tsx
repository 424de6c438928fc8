import type { Setup } from '../setup-parts.js'

/** Whether emails can be sent, and as whom. */
export function Mail({
  setup: { mailFrom, missingMail },
}: {
  setup: Pick<Setup, 'mailFrom' | 'missingMail'>
}) {
  return (
    <section class="panel stack" aria-labelledby="mail" data-live="mail">
      <h2 id="mail">Email</h2>
      <p>
        {missingMail === null
          ? `Emails are sent as ${mailFrom}.`
          : `No email is sent: set ${missingMail}, and start this server again. Until then email hooks are refused.`}
      </p>
    </section>
  )
}
