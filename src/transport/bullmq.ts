import { Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Job } from '../delivery.js'
import { type Channel, channels } from '../endpoint.js'
import type { Seal } from '../secret.js'
import {
  connectImpatiently,
  connectPatiently,
  jobId,
  jobQueue,
  keyPrefix,
  lockMs,
  type OutcomeEnvelope,
  outcomeQueue,
  type Sealed,
  seal,
  secretCheckKey,
  stalledCheckMs,
  unseal,
  whenUsable,
} from './queues.js'
import { redisHealth } from './redis-health.js'
import { reportRedis } from './redis-report.js'
import type { TakeOutcomes, Transport } from './transport.js'
import { within } from './within.js'

export interface BullmqParts {
  redisUrl: string
  installation: string
  seal: Seal
  log: Logger
  /** How long a job may be out before it is handed out again, ms. */
  leaseMs?: number
}

const defaultLeaseMs = 30_000
/** After Redis is back, workers get this long to hand in what they hold, ms. */
const settleMs = 2_000
const carryMs = 5_000
const healthMs = 1_000

type Queues = Record<Channel | 'outcomes', Queue<Sealed>>

/** Carries jobs over Redis to workers anywhere: one queue for each channel, and one for outcomes. */
export function createBullmqTransport(parts: BullmqParts): Transport {
  const { installation, seal: seals, log } = parts
  const producer = connectImpatiently(parts.redisUrl)
  const consumer = connectPatiently(parts.redisUrl)
  const report = reportRedis(log, 'deliveries wait in the ledger')
  let readySince: number | undefined
  let queues: Queues | undefined
  let outcomes: Worker<Sealed> | undefined
  let refusal: string | null = null

  producer.on('error', report.broken)
  consumer.on('error', report.broken)
  producer.on('close', () => {
    readySince = undefined
  })
  producer.on('ready', () => {
    report.mended()
    refusal = null
    readySince = Date.now()
    producer.set(secretCheckKey, seals.close(installation)).catch(report.broken)
  })

  const open = (): Queues | undefined => {
    if (readySince === undefined) return undefined
    queues ??= openQueues(producer, report.broken)
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
    capacity: { webhook: 500, slack: 200, email: 200 },
    leaseMs: parts.leaseMs ?? defaultLeaseMs,
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
      if (open_ === undefined) return false
      try {
        const added = Promise.all(
          channels.map((channel) =>
            addJobs(
              open_[channel],
              jobs.filter((job) => job.channel === channel),
              parts,
            ),
          ),
        )
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

    async settled() {
      if (readySince === undefined || Date.now() - readySince < settleMs) return false
      try {
        const counts = await within(
          carryMs,
          open()?.outcomes.getJobCounts('waiting', 'active', 'prioritized', 'delayed') ?? nothing,
        )
        return counts !== undefined && Object.values(counts).every((count) => count === 0)
      } catch (error) {
        await discard(error)
        return false
      }
    },

    health: async () => redisHealth(producer, healthMs, refusal, report.trouble()),

    async stop(graceMs) {
      await within(
        graceMs,
        Promise.all([outcomes?.close(), ...Object.values(queues ?? {}).map((queue) => queue.close())]),
      )
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

const nothing = Promise.resolve(undefined)

function openQueues(connection: Redis, onError: (error: unknown) => void): Queues {
  const make = (name: string) => {
    const queue = new Queue<Sealed>(name, {
      connection,
      prefix: keyPrefix,
      streams: { events: { maxLen: 100 } },
    })
    queue.on('error', onError)
    return queue
  }
  return {
    webhook: make(jobQueue('webhook')),
    slack: make(jobQueue('slack')),
    email: make(jobQueue('email')),
    outcomes: make(outcomeQueue),
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
    outcomeQueue,
    async ({ data }) => {
      const envelope = unseal<OutcomeEnvelope>(parts.seal, data)
      if (envelope?.installation === parts.installation) await take(envelope.outcomes)
      else
        parts.log.warn('outcomes left aside: they belong to another installation or another GEMHERALD_SECRET')
    },
    {
      connection,
      prefix: keyPrefix,
      concurrency: 8,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // A batch is only ever stalled by a server that died with it; it must survive any number of those.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
}
