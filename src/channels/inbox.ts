import type { Job } from '../delivery.js'
import { inboxOf } from '../endpoint.js'
import type { Result } from '../error.js'
import { type Report, unanswered } from './report.js'

/**
 * Keeps a job's message in the account's inbox of this name. One that comes again is kept once. Fails with one sentence:
 * `unavailable` when it cannot be kept now, else for good.
 */
export type KeepInInbox = (job: Job, name: string) => Result<null>

/** Keeps a message where people read it on the page. `keep` is null in a process that has no ledger. */
export function attemptInbox(job: Job, keep: KeepInInbox | null): Report {
  const name = inboxOf(job.url)
  if (name === null) return unanswered('dead', `${JSON.stringify(job.url)} is no inbox.`)
  if (keep === null)
    return unanswered('retry', 'Inboxes are kept by the server, and this attempt was made elsewhere.')
  const kept = keep(job, name)
  if (!kept.ok)
    return unanswered(kept.problem.code === 'unavailable' ? 'retry' : 'dead', kept.problem.message)
  return {
    verdict: 'succeeded',
    statusCode: 200,
    headers: null,
    response: `Kept in inbox:${name}.`,
    error: null,
    retryAfterMs: null,
    endpointGone: false,
  }
}
