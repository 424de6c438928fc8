import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Job } from '../delivery.js'
import { carriedChannels } from '../endpoint.js'
import type { Seal } from '../secret.js'
import { within } from '../within.js'
import { readWorkers } from './heartbeat.js'
import {
  connectImpatiently,
  connectPatiently,
  fingerprintsKey,
  jobId,
  jobQueue,
  keyPrefix,
  type OutcomeEnvelope,
  outcomeQueue,
  type Sealed,
  seal,
  unseal,
  whenUsable,
} from './queues.js'
import { readOutcomes } from './read-outcomes.js'
import { redisHealth } from './redis-health.js'
import { reportRedis } from './redis-report.js'
import { createStock, type Queues } from './stock.js'
import type { Carrier, TakeOutcomes } from './transport.js'

export interface BullmqParts {
  redisUrl: string
  installation: string
  seal: Seal
  /** Of the secret that the seal is made of. */
  fingerprint: string
  log: Logger
  /** What it waits by: ms, and it never jumps; the system's monotonic clock unless told. */
  elapsed?: () => number
}

/** Longer than an attempt and its way back. A delivery that Redis loses waits so long; one that it still has is left alone. */
const leaseMs = 20_000
/** After Redis is back, workers get this long to hand in what they hold, ms. */
const settleMs = 2_000
const carryMs = 5_000
const healthMs = 1_000
/** What a server that died had in its hands is taken up by the next one after this long, ms. Taking it twice is harmless. */
const outcomeLockMs = 2_000
const outcomeCheckMs = 1_000
/** Without Redis there is nothing to bring any more. */
const awayGraceMs = 500

/** Carries jobs over Redis to workers anywhere: one queue for each channel, and one for outcomes. */
export function createBullmqTransport(parts: BullmqParts): Carrier {
  const { installation, fingerprint, log, elapsed = () => performance.now() } = parts
  const producer = connectImpatiently(parts.redisUrl)
  const consumer = connectPatiently(parts.redisUrl)
  const report = reportRedis(log, 'deliveries wait in the ledger')
  let readySince: number | undefined
  let queues: Queues | undefined
  let outcomes: Worker<Sealed> | undefined
  let refusal: string | null = null
  let adding = false
  const stock = createStock()

  producer.on('error', report.broken)
  consumer.on('error', report.broken)
  producer.on('close', () => {
    readySince = undefined
    stock.forget()
  })
  producer.on('ready', () => {
    report.mended()
    refusal = null
    readySince = elapsed()
    producer.sadd(fingerprintsKey, fingerprint).catch(report.broken)
  })

  const idOf = ({ deliveryId, attempt }: Pick<Job, 'deliveryId' | 'attempt'>) =>
    jobId(installation, deliveryId, attempt)
  const open = (): Queues | undefined => {
    if (readySince === undefined) return undefined
    queues ??= openQueues(producer, parts, report.broken)
    return queues
  }
  // A queue object whose first contact failed never recovers by itself, so after any error it is made anew.
  const discard = async (error: unknown) => {
    report.broken(error)
    refusal = readySince === undefined ? null : report.trouble()
    const broken = queues
    queues = undefined
    if (broken !== undefined)
      await Promise.all(Object.values(broken).map((queue) => queue.close().catch(report.broken)))
  }

  return {
    capacity: { webhook: 1024, slack: 200, email: 200 },
    leaseMs,
    losesWorkWithProcess: false,

    async start(take) {
      // Not waited for: Redis may be away, and receiving does not need it.
      whenUsable(consumer, report, () => {
        outcomes = receiveOutcomes(consumer, parts, take)
        outcomes.on('error', report.broken)
      })
    },

    async carry(jobs) {
      const open_ = open()
      // What was given to Redis and not answered yet is not given once more.
      if (open_ === undefined || adding) return false
      try {
        adding = true
        const added = Promise.all(
          carriedChannels.map((channel) =>
            addJobs(
              open_[channel],
              jobs.filter((job) => job.channel === channel && !stock.holds(idOf(job))),
              parts,
            ),
          ),
        )
        added
          .finally(() => {
            adding = false
          })
          .catch(report.broken)
        if ((await within(carryMs, added)) === undefined)
          throw new Error(`Redis did not answer within ${carryMs} ms.`)
        refusal = null
        report.mended()
        return true
      } catch (error) {
        await discard(error)
        return false
      }
    },

    async withdraw(leases) {
      const queuesNow = open()
      if (queuesNow === undefined) return false
      const removed = leases.flatMap(({ deliveryId, attempt }) =>
        carriedChannels.map((channel) => queuesNow[channel].remove(idOf({ deliveryId, attempt }))),
      )
      try {
        return (await within(carryMs, Promise.all(removed))) !== undefined
      } catch (error) {
        await discard(error)
        return false
      }
    },

    async settled() {
      if (readySince === undefined || elapsed() - readySince < settleMs) return false
      try {
        const queuesNow = open()
        return queuesNow !== undefined && (await within(carryMs, stock.settled(queuesNow))) === true
      } catch (error) {
        await discard(error)
        return false
      }
    },

    health: async () => redisHealth(producer, healthMs, refusal, report.trouble()),

    async workers() {
      if (readySince === undefined) return null
      // The connection reports its own errors.
      return (await within(healthMs, readWorkers(producer, parts)).catch(() => null)) ?? null
    },

    async stop(graceMs) {
      await within(
        readySince === undefined ? Math.min(awayGraceMs, graceMs) : graceMs,
        Promise.all([outcomes?.close(), ...Object.values(queues ?? {}).map((queue) => queue.close())]),
      )
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

function openQueues(
  connection: Redis,
  { installation, fingerprint }: BullmqParts,
  onError: (error: unknown) => void,
): Queues {
  const make = (name: string) => {
    const queue = new Queue<Sealed>(name, {
      connection,
      prefix: keyPrefix(fingerprint),
      streams: { events: { maxLen: 100 } },
    })
    queue.on('error', onError)
    return queue
  }
  return {
    webhook: make(jobQueue('webhook')),
    slack: make(jobQueue('slack')),
    email: make(jobQueue('email')),
    outcomes: make(outcomeQueue(installation)),
  }
}

async function addJobs(
  queue: Queue<Sealed>,
  jobs: Job[],
  { installation, seal: seals }: BullmqParts,
): Promise<void> {
  if (jobs.length === 0) return
  await queue.addBulk(
    jobs.map((job) => ({
      name: 'attempt',
      data: seal(seals, { installation, job }),
      opts: {
        jobId: jobId(installation, job.deliveryId, job.attempt),
        attempts: 1,
        removeOnComplete: true,
        removeOnFail: true,
      },
    })),
  )
}

function receiveOutcomes(connection: Redis, parts: BullmqParts, take: TakeOutcomes): Worker<Sealed> {
  return new Worker<Sealed>(
    outcomeQueue(parts.installation),
    async ({ data }) => {
      const outcomes = readOutcomes(unseal<OutcomeEnvelope>(parts.seal, data)?.outcomes)
      if (outcomes === undefined)
        parts.log.error(
          'outcomes left aside: they cannot be read; do server and workers run the same version?',
        )
      else await take(outcomes)
    },
    {
      connection,
      prefix: keyPrefix(parts.fingerprint),
      concurrency: 8,
      lockDuration: outcomeLockMs,
      stalledInterval: outcomeCheckMs,
      // A batch is only ever stalled by a server that died with it; it must survive any number of those.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
}
