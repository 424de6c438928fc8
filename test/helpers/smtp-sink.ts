import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { createInbox } from './inbox.js'

/** A message whose last byte has arrived, whatever was answered to it. */
export interface ReceivedMail {
  envelope: { from: string; to: string[] }
  raw: Buffer
  /** `raw`, parsed. */
  email: Email
  /** What the sink did then. */
  reply: SmtpReply
}

/** `hang` never replies; `drop` closes the connection without a word. */
export type SmtpReply = 'accept' | 'hang' | 'drop' | { code: number; text: string }

/** When a reply is due: before the greeting, after MAIL FROM, after RCPT TO, and after the last byte of the message. */
export type SmtpStage = 'connect' | 'mail' | 'rcpt' | 'data'

/** A real SMTP server on a port of 127.0.0.1 that keeps every message. */
export interface SmtpSink {
  /** `smtp://127.0.0.1:PORT`, with the login in it when there is one. */
  url: string
  /** Every message that arrived in full: also those that were refused or dropped after that. */
  mails: ReceivedMail[]
  /** Connections that are open now. */
  readonly connections: number
  /** Connections that were ever opened. */
  readonly opened: number
  /**
   * Sets what happens at a stage. `only.recipient` limits it to one recipient (at `rcpt` and `data`), `only.times` to so
   * many occasions. The reply that was set last goes first; without any, all is accepted.
   */
  reply(stage: SmtpStage, reply: SmtpReply, only?: { recipient?: string; times?: number }): void
  /** Waits until so many messages have arrived, or until the predicate is true of them; rejects after `timeoutMs` (5 s). */
  waitFor(what: number | ((mails: ReceivedMail[]) => boolean), timeoutMs?: number): Promise<ReceivedMail[]>
  /** Closes all connections and the port. */
  close(): Promise<void>
}

/** Without options anybody may send. `login` asks for one. `starttls` offers TLS, with a certificate that nobody trusts. */
export interface SmtpSinkOptions {
  login?: { user: string; password: string }
  starttls?: boolean
}

interface Rule {
  stage: SmtpStage
  reply: SmtpReply
  recipient?: string
  times: number
}

/** Starts a sink. */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const inbox = createInbox<ReceivedMail>()
  const rules: Rule[] = []
  const sockets = new Map<number, Socket>()
  let opened = 0

  function next(stage: SmtpStage, recipients: string[]): SmtpReply {
    const rule = rules.findLast(
      (one) => one.stage === stage && one.times > 0 && (!one.recipient || recipients.includes(one.recipient)),
    )
    if (rule === undefined) return 'accept'
    rule.times -= 1
    return rule.reply
  }

  function act(reply: SmtpReply, session: SMTPServerSession, callback: (error?: Error | null) => void): void {
    if (reply === 'hang') return
    if (reply === 'drop') sockets.get(session.remotePort)?.destroy()
    else if (reply === 'accept') callback()
    else callback(Object.assign(new Error(reply.text), { responseCode: reply.code }))
  }

  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    disabledCommands: [...(options.login ? [] : ['AUTH']), ...(options.starttls ? [] : ['STARTTLS'])],
    allowInsecureAuth: true,
    closeTimeout: 1,
    onAuth({ username, password }, _session, callback) {
      const { login } = options
      if (login && username === login.user && password === login.password)
        return callback(null, { user: username })
      // Some servers repeat what they were told.
      callback(new Error(`5.7.8 No such login: ${username} ${password}`))
    },
    onConnect: (session, callback) => act(next('connect', []), session, callback),
    onMailFrom: (_address, session, callback) => act(next('mail', []), session, callback),
    onRcptTo: ({ address }, session, callback) => act(next('rcpt', [address]), session, callback),
    async onData(stream, session, callback) {
      const raw = await buffer(stream).catch(() => null)
      // The client went away in the middle of its message.
      if (raw === null) return
      const from = session.envelope.mailFrom
      const envelope = {
        from: from ? from.address : '',
        to: session.envelope.rcptTo.map(({ address }) => address),
      }
      const reply = next('data', envelope.to)
      inbox.add({ envelope, raw, email: await PostalMime.parse(raw), reply })
      act(reply, session, callback)
    },
  })
  // A client that resets the connection is no concern of the sink's.
  server.on('error', () => {})
  server.server.on('connection', (socket) => {
    opened += 1
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    socket.on('close', () => sockets.delete(port))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const login = options.login
    ? `${encodeURIComponent(options.login.user)}:${encodeURIComponent(options.login.password)}@`
    : ''
  return {
    url: `smtp://${login}127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails: inbox.all,
    get connections() {
      return sockets.size
    },
    get opened() {
      return opened
    },
    reply: (stage, reply, only = {}) =>
      rules.push({ times: Number.POSITIVE_INFINITY, ...only, stage, reply }),
    waitFor: inbox.waitFor,
    async close() {
      for (const socket of sockets.values()) socket.destroy()
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
}
