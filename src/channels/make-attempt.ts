import type { Logger } from 'pino'
import type { Job, Outcome } from '../delivery.js'
import type { Channels } from './channels.js'

/**
 * Makes a job's attempt and ties the outcome to its delivery. A bug in a channel is logged and becomes a failed attempt,
 * so that one odd payload cannot take a worker down with all others' deliveries.
 */
export function attemptMaker(
  channels: Channels,
  now: () => number,
  log: Logger,
): (job: Job) => Promise<Outcome> {
  return async (job) => {
    const { deliveryId, attempt } = job
    const startedAt = now()
    try {
      return { ...(await channels.attempt(job)), deliveryId, attempt }
    } catch (error) {
      log.error(
        { err: error, delivery: deliveryId, attempt, channel: job.channel },
        'attempt broke off: this is a bug in gemherald',
      )
      return {
        deliveryId,
        attempt,
        startedAt,
        durationMs: Math.max(0, now() - startedAt),
        verdict: 'retry',
        statusCode: null,
        headers: null,
        response: null,
        error: 'gemherald failed while it made the attempt; its log says why.',
        retryAfterMs: null,
        endpointGone: false,
      }
    }
  }
}
