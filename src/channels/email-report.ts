import type { NodemailerError, SMTPPoolSentMessageInfo } from 'nodemailer'
import { plain } from '../plain-text.js'
import type { MailServer } from './mail-server.js'
import { keepText, type Report, unanswered } from './report.js'

/** The mail server has taken the message. */
export function reportSent(info: SMTPPoolSentMessageInfo): Report {
  const response = keepText(Buffer.from(info.response))
  return {
    verdict: 'succeeded',
    statusCode: Number.parseInt(response, 10) || null,
    headers: null,
    response,
    error: null,
    retryAfterMs: null,
    endpointGone: false,
  }
}

/**
 * What a failure to hand a message to the mail server means: a final no to the recipient or to the message is dead;
 * all else is to be tried again, since the next try may find a server, a login or a sender that works.
 */
export function reportFailure(failure: NodemailerError, { name, hide }: MailServer): Report {
  const response = typeof failure.response === 'string' ? hide(failure.response) : null
  const words = plain(response ?? hide(failure.message), 1000)
  return {
    ...unanswered(isFinal(failure) ? 'dead' : 'retry', `${explain(failure, name)}: ${words}`),
    statusCode: failure.responseCode ?? null,
    response: response === null ? null : keepText(Buffer.from(response)),
  }
}

/** `permanent` stands for a 5xx reply, other than 503, which speaks of the session and not of the message. */
function isFinal({ permanent, command }: NodemailerError): boolean {
  return permanent === true && (command === 'RCPT TO' || command === 'DATA')
}

function explain({ code, command = '' }: NodemailerError, server: string): string {
  if (code === 'EAUTH' || command.startsWith('AUTH')) return `${server} refused the login in SMTP_URL`
  if (code === 'ETLS' || command === 'STARTTLS') return `No secure connection to ${server} came about`
  if (command === 'MAIL FROM') return `${server} refused the sender in MAIL_FROM`
  if (command === 'RCPT TO') return `${server} refused the recipient`
  if (command === 'DATA') return `${server} refused the message`
  return `The connection to ${server} failed`
}
