import { Queue, Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Outcome } from '../delivery.js'
import type { Channel } from '../endpoint.js'
import type { Seal } from '../secret.js'
import { within } from '../within.js'
import {
  connectPatiently,
  fingerprintsKey,
  type JobEnvelope,
  jobQueue,
  keyPrefix,
  lockMs,
  outcomeQueue,
  type Sealed,
  seal,
  stalledCheckMs,
  unseal,
  whenUsable,
} from './queues.js'
import { reportRedis } from './redis-report.js'
import type { MakeAttempt } from './transport.js'

export interface BullmqWorkerParts {
  redisUrl: string
  seal: Seal
  /** Of the secret that the seal is made of. */
  fingerprint: string
  makeAttempt: MakeAttempt
  channels: readonly Channel[]
  /** Attempts under way at a time, for each channel. */
  concurrency: number
  log: Logger
  /** Called when jobs turn out to be sealed with another secret: this worker can do nothing. */
  onWrongSecret(): void
}

export interface BullmqWorker {
  /** Takes no more jobs, and waits at most `graceMs` for the attempts under way and their outcomes. */
  stop(graceMs: number): Promise<void>
}

const largestBatch = 100
/** Emails: as many as the channel has connections to the mail server, so that none waits for one. */
const mostAtOnce: Record<Channel, number> = { webhook: 1000, slack: 1000, email: 5 }
const gatheringMs = 2
const handInAgainMs = 1_000
const handedIn = { removeOnComplete: true, removeOnFail: true }

/** Takes jobs from Redis, makes their attempts and hands the outcomes back through Redis. Needs no ledger. */
export function startBullmqWorker(parts: BullmqWorkerParts): BullmqWorker {
  const { seal: seals, makeAttempt, concurrency, log } = parts
  const connection = connectPatiently(parts.redisUrl)
  const report = reportRedis(log, 'this worker gets no jobs')
  connection.on('error', report.broken)
  connection.on('ready', () => {
    report.mended()
    checkSecret().catch(report.broken)
  })
  const prefix = keyPrefix(parts.fingerprint)
  // One queue of outcomes for each server that gives jobs here; nearly always there is one.
  const outcomes = new Map<string, Queue<Sealed>>()
  const outcomesOf = (installation: string) => {
    const known = outcomes.get(installation)
    if (known !== undefined) return known
    const queue = new Queue<Sealed>(outcomeQueue(installation), { connection, prefix })
    queue.on('error', report.broken)
    outcomes.set(installation, queue)
    return queue
  }
  let stopped = false
  const handIn = batched(async (installation: string, batch: Outcome[]) => {
    // An attempt was made: whatever Redis says, its outcome is not given up while this process lives.
    while (!stopped) {
      try {
        await outcomesOf(installation).add(
          'outcomes',
          seal(seals, { installation, outcomes: batch }),
          handedIn,
        )
        return report.mended()
      } catch (error) {
        report.broken(error)
        await new Promise((resolve) => setTimeout(resolve, handInAgainMs))
      }
    }
  })

  const checkSecret = async () => {
    const known = await connection.smembers(fingerprintsKey)
    if (known.length > 0 && !known.includes(parts.fingerprint)) parts.onWrongSecret()
  }

  const process = async ({ data }: { data: Sealed }) => {
    const envelope = unseal<JobEnvelope>(seals, data)
    if (envelope === undefined) return parts.onWrongSecret()
    // The outcome is in Redis before the job is done: a worker that dies in between repeats the attempt, never loses it.
    await handIn(envelope.installation, await makeAttempt(envelope.job))
  }

  let workers: Worker<Sealed>[] = []
  whenUsable(connection, report, () => {
    workers = parts.channels.map((channel) => {
      const worker = new Worker<Sealed>(jobQueue(channel), process, {
        connection,
        prefix,
        concurrency: Math.min(concurrency, mostAtOnce[channel]),
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      })
      return worker.on('error', report.broken)
    })
  })

  return {
    async stop(graceMs) {
      await within(graceMs, Promise.all(workers.map((worker) => worker.close())))
      stopped = true
      await within(graceMs, Promise.all([...outcomes.values()].map((queue) => queue.close())))
      connection.disconnect()
    },
  }
}

/** Gathers outcomes for 2 ms into one batch for each installation: a batch costs Redis as much as a single one. */
function batched(send: (installation: string, batch: Outcome[]) => Promise<void>) {
  const gathering = new Map<string, { batch: Outcome[]; sent: Promise<void> }>()
  return (installation: string, outcome: Outcome): Promise<void> => {
    const open = gathering.get(installation)
    if (open !== undefined && open.batch.length < largestBatch) {
      open.batch.push(outcome)
      return open.sent
    }
    const batch = [outcome]
    const sent = new Promise<void>((resolve, reject) =>
      setTimeout(() => {
        if (gathering.get(installation)?.batch === batch) gathering.delete(installation)
        send(installation, batch).then(resolve, reject)
      }, gatheringMs),
    )
    gathering.set(installation, { batch, sent })
    return sent
  }
}
