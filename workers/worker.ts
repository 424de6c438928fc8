import type { Logger } from 'pino'
import { attemptMaker } from '../src/channels/make-attempt.js'
import type { Config } from '../src/config.js'
import type { CarriedChannel } from '../src/endpoint.js'
import { fail, ok, type Result } from '../src/error.js'
import { createSeal, fingerprintOf } from '../src/secret.js'
import { findSecret } from '../src/secret-file.js'
import { startBullmqWorker } from '../src/transport/bullmq-worker.js'
import { sealPurpose } from '../src/transport/queues.js'
import { createWorkerChannels } from './channels.js'

export interface WorkerOptions {
  config: Config
  log: Logger
  channels: readonly CarriedChannel[]
  /** Attempts at a time, for each channel. */
  concurrency: number
  onWrongSecret(): void
}

/** More than the 10 s that every attempt is given to finish. */
const graceMs = 10_500

/** Composes a worker process: Redis, the channels, and no database. Fails when Redis or the secret is not configured. */
export function startWorker(options: WorkerOptions): Result<{ stop(): Promise<void> }> {
  const { config, log } = options
  if (config.redisUrl === null)
    return fail('invalid', 'A worker needs REDIS_URL: jobs come to it over Redis.')
  const secret = findSecret(config.secret, config.dataDir)
  if (!secret.ok) return secret
  const channels = createWorkerChannels({ mail: config.mail, now: Date.now })
  const worker = startBullmqWorker({
    redisUrl: config.redisUrl,
    seal: createSeal(secret.value, sealPurpose),
    fingerprint: fingerprintOf(secret.value),
    makeAttempt: attemptMaker(channels, Date.now, log),
    channels: options.channels,
    concurrency: options.concurrency,
    log,
    onWrongSecret: options.onWrongSecret,
  })
  return ok({
    async stop() {
      await worker.stop(graceMs)
      await channels.close()
    },
  })
}
