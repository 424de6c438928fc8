import type { Attempt, Job } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { Outbound } from '../outbound/client.js'
import { createEmail, type MailSettings, noEmail } from './email.js'
import { attemptInbox, type KeepInInbox } from './inbox.js'
import type { Report } from './report.js'
import { attemptSlack } from './slack.js'
import { attemptWebhook } from './webhook.js'

export type { KeepInInbox, MailSettings }

/** What the channels are built from. */
export interface ChannelParts {
  /** The guarded HTTP client. It stays the caller's to close. */
  outbound: Outbound
  /** Null when no mail server is set: every email is then to be tried again. */
  mail: MailSettings | null
  /** Null in processes that have no ledger: what goes to inboxes is then to be tried again. */
  inbox: KeepInInbox | null
  /** ms since the epoch */
  now: () => number
  /** Limits for a whole attempt (15 s unless told) and for connecting (5 s), ms. */
  timeouts?: { attemptMs?: number; connectMs?: number }
}

/** Carries messages to where they are going. */
export interface Channels {
  /** Makes one try. Trouble on the far side is told in the attempt and never thrown. */
  attempt(job: Job): Promise<Attempt>
  /** Ends idle connections to the mail server; attempts under way may end first. */
  close(): Promise<void>
}

/** Builds all channels. Throws when a mail setting cannot be read. */
export function createChannels({ outbound, mail, inbox, now, timeouts }: ChannelParts): Channels {
  const limits = { attemptMs: timeouts?.attemptMs ?? 15_000, connectMs: timeouts?.connectMs ?? 5_000 }
  const http = { outbound, now, ...limits }
  const email = mail === null ? noEmail : createEmail(mail, limits)
  const channels: Record<Channel, (job: Job) => Promise<Report>> = {
    webhook: (job) => attemptWebhook(job, http),
    slack: (job) => attemptSlack(job, http),
    email: (job) => email.attempt(job),
    inbox: async (job) => attemptInbox(job, inbox),
  }

  return {
    async attempt(job) {
      const startedAt = now()
      const start = performance.now()
      const report = await channels[job.channel](job)
      return { startedAt, durationMs: Math.round(performance.now() - start), ...report }
    },
    async close() {
      email.close()
    },
  }
}
