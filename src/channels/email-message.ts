import { createHash } from 'node:crypto'
import type { SendMailOptions } from 'nodemailer'
import type { Job } from '../delivery.js'
import { announce } from './announcement.js'
import { htmlPart } from './email-html.js'
import { textPart } from './email-text.js'
import type { MailAddress, Sender } from './mail-address.js'

/**
 * Builds the email of a delivery. It depends on nothing but its arguments, so a repeat is the same message, byte for
 * byte, and a mail server can tell.
 */
export function emailMessage(job: Job, from: Sender, to: MailAddress) {
  const { message, unsubscribeUrl } = job
  const announcement = announce(message)
  const thread = `<gem-${digest(announcement.gem)}@${from.domain}>`
  return {
    from: { name: from.name, address: from.address },
    to,
    subject: `[gems] ${announcement.title}`,
    date: new Date(message.occurredAt),
    messageId: `<${message.id}@${from.domain}>`,
    // The first mail of the thread was never sent; readers gather the others below it all the same.
    inReplyTo: thread,
    references: thread,
    list: {
      id: `gems.${from.domain}`,
      ...(unsubscribeUrl === null ? {} : { unsubscribe: unsubscribeUrl }),
    },
    headers: {
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribeUrl === null ? {} : { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
    text: textPart(announcement, unsubscribeUrl),
    html: htmlPart(announcement, unsubscribeUrl),
    baseBoundary: digest(message.id),
  } satisfies SendMailOptions
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
