import type { Job } from '../delivery.js'
import { recipientOf } from '../endpoint.js'
import { announce } from './announcement.js'
import { emailHeaders } from './email-headers.js'
import { emailMessage } from './email-message.js'
import { type MailAddress, readSender, type Sender } from './mail-address.js'
import { withContentType } from './post-json.js'
import { type SlackMessage, slackMessage } from './slack-message.js'
import { signedHeaders } from './webhook.js'

/** One message as each channel sends it. */
export interface Preview {
  /** Without what HTTP itself needs, such as `Host`. */
  webhook: { headers: Record<string, string>; body: string }
  slack: SlackMessage
  email: {
    from: string
    to: string
    subject: string
    headers: Record<string, string>
    text: string
    html: string
  }
}

/**
 * What each channel would send for a job at `now` (ms since the epoch), made by the code that sends it. `from` is MAIL_FROM;
 * null, or a job that goes to no mailbox: sender or recipient is made up. `Authorization` and `webhook-signature` are made
 * with the account's API key: show them to that account only.
 */
export function previewOf(job: Job, from: string | null, now: number): Preview {
  return {
    webhook: { headers: withContentType(signedHeaders(job, new Date(now))), body: job.message.body },
    slack: slackMessage(announce(job.message)),
    email: emailPreview(job, (from === null ? null : readSender(from)) ?? madeUpSender),
  }
}

const madeUpSender: Sender = { name: 'gemherald', address: 'gemherald@example.com', domain: 'example.com' }
const madeUpRecipient = 'team@example.com'

function emailPreview(job: Job, sender: Sender): Preview['email'] {
  const to = { name: '', address: recipientOf(job.url) ?? madeUpRecipient }
  const mail = emailMessage(job, sender, to)
  const { subject, text, html } = mail
  return { from: shown(sender), to: shown(to), subject, headers: emailHeaders(mail), text, html }
}

function shown({ name, address }: MailAddress): string {
  return name === '' ? address : `${name} <${address}>`
}
