import type { NodemailerError } from 'nodemailer'
import type { Job } from '../delivery.js'
import { recipientOf } from '../endpoint.js'
import { emailMessage } from './email-message.js'
import { reportFailure, reportSent } from './email-report.js'
import { readSender } from './mail-address.js'
import { type MailLimits, openMailServer } from './mail-server.js'
import { type Report, unanswered } from './report.js'

/** How emails are sent. */
export interface MailSettings {
  /** nodemailer connection URL: SMTP_URL. */
  url: string
  /** `Name <a@b>`: MAIL_FROM. */
  from: string
}

/** Sends emails over a few connections that are kept open. */
export interface EmailChannel {
  attempt(job: Job): Promise<Report>
  close(): void
}

/** Opens no connection before the first email. Throws when a setting cannot be read. */
export function createEmail({ url, from }: MailSettings, limits: MailLimits): EmailChannel {
  const sender = readSender(from)
  if (sender === null)
    throw new Error(
      `MAIL_FROM is ${JSON.stringify(from)}; it must be one address like "Gems <gems@example.com>".`,
    )
  const server = openMailServer(url, limits)

  return {
    async attempt(job) {
      const recipient = recipientOf(job.url)
      if (recipient === null)
        return unanswered('dead', `${JSON.stringify(job.url)} is not one email address.`)
      const message = emailMessage(job, sender, { name: '', address: recipient })
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), limits.attemptMs)
      try {
        return reportSent(await server.transport.sendMail({ ...message, signal: deadline.signal }))
      } catch (failure) {
        if (deadline.signal.aborted) return tooLate(server.name, limits.attemptMs)
        return reportFailure(failure as NodemailerError, server)
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => server.transport.close(),
  }
}

/** Stands in when no mail server is set: the operator may set one before the retries run out. */
export const noEmail: EmailChannel = {
  attempt: async () =>
    unanswered('retry', 'SMTP_URL is not set, so no email can be sent; set SMTP_URL and MAIL_FROM.'),
  close: () => {},
}

function tooLate(server: string, attemptMs: number): Report {
  return unanswered('retry', `${server} gave no answer within ${attemptMs / 1000} s.`)
}
