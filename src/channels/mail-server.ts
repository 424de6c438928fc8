import { createTransport, type SMTPPoolSentMessageInfo, type Transporter } from 'nodemailer'

/** The operator's mail server: connections to it, a name for it, and a way to keep its password out of texts. */
export interface MailServer {
  transport: Transporter<SMTPPoolSentMessageInfo>
  /** `host:port` or `host`. */
  name: string
  /** Replaces the password, in every form in which it travels, with `***`. */
  hide: (text: string) => string
}

/** How long an attempt, and the connecting in it, may take, ms. */
export interface MailLimits {
  attemptMs: number
  connectMs: number
}

/**
 * Reads SMTP_URL and prepares a pool of connections; none is opened before the first email. Throws when the URL
 * cannot be read, without repeating it: it holds a password.
 */
export function openMailServer(url: string, limits: MailLimits): MailServer {
  try {
    const { host, username, password } = new URL(url)
    return { transport: openPool(url, limits), name: host, hide: hider(decode(username), password) }
  } catch {
    // What was thrown quotes the URL.
    throw new Error('SMTP_URL cannot be read; it must look like "smtp://user:password@mail.example.com:587".')
  }
}

function openPool(url: string, { attemptMs, connectMs }: MailLimits): MailServer['transport'] {
  return createTransport({
    url,
    pool: true,
    maxConnections: 5,
    // A message that may have been taken is tried again by the retry schedule, not behind its back.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
    connectionTimeout: connectMs,
    dnsTimeout: connectMs,
    greetingTimeout: attemptMs,
    socketTimeout: attemptMs,
  })
}

function hider(user: string, encodedPassword: string): (text: string) => string {
  if (encodedPassword === '') return (text) => text
  const password = decode(encodedPassword)
  // As written, as in the URL, and as AUTH PLAIN and AUTH LOGIN send it.
  const secrets = [base64(`\0${user}\0${password}`), base64(password), encodedPassword, password]
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Like nodemailer, which takes a stray percent sign as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
