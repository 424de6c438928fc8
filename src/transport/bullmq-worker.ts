import { Queue, Worker } from 'bullmq'
import type { Logger } from 'pino'
import type { Outcome } from '../delivery.js'
import type { CarriedChannel } from '../endpoint.js'
import type { Seal } from '../secret.js'
import { within } from '../within.js'
import { type Heartbeat, startHeartbeat } from './heartbeat.js'
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
import type { MakeAttempt, TakeOutcomes } from './transport.js'

export interface BullmqWorkerParts {
  redisUrl: string
  seal: Seal
  /** Of the secret that the seal is made of. */
  fingerprint: string
  makeAttempt: MakeAttempt
  channels: readonly CarriedChannel[]
  /** Attempts under way at a time, for each channel. */
  concurrency: number
  log: Logger
  /** The server that this worker is part of: its outcomes need not travel, so they are kept while Redis is away, too. */
  ownServer?: { installation: string; take: TakeOutcomes }
  /** Called when jobs turn out to be sealed with another secret: this worker can do nothing. */
  onWrongSecret(): void
}

export interface BullmqWorker {
  /** Takes no more jobs, and waits at most `graceMs` for the attempts under way and their outcomes. */
  stop(graceMs: number): Promise<void>
}

const largestBatch = 100
/** Emails: as many as the channel has connections to the mail server, so that none waits for one. */
const mostAtOnce: Record<CarriedChannel, number> = { webhook: 1000, slack: 1000, email: 5 }
const gatheringMs = 2
const handInAgainMs = 1_000
const idleCheckMs = 50
const closingMs = 1_000
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
  let underWay = 0
  const sendToServer = batched(async (installation: string, batch: Outcome[]) => {
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

  const handIn = (installation: string, outcome: Outcome): Promise<void> =>
    installation === parts.ownServer?.installation
      ? parts.ownServer.take([outcome])
      : sendToServer(installation, outcome)

  const process = async ({ data }: { data: Sealed }) => {
    const envelope = unseal<JobEnvelope>(seals, data)
    if (envelope === undefined) return parts.onWrongSecret()
    underWay += 1
    try {
      // The outcome is kept before the job is done: a worker that dies in between repeats the attempt, never loses it.
      await handIn(envelope.installation, await makeAttempt(envelope.job))
    } finally {
      underWay -= 1
    }
  }

  // Without Redis no job comes any more, and none can be told to be done.
  const idleWithoutRedis = async () => {
    while (!stopped && (underWay > 0 || connection.status === 'ready'))
      await new Promise((resolve) => setTimeout(resolve, idleCheckMs))
  }

  let workers: Worker<Sealed>[] = []
  let heartbeat: Heartbeat | undefined
  whenUsable(connection, report, () => {
    workers = parts.channels.map((channel) => {
      const worker = new Worker<Sealed>(jobQueue(channel), process, {
        connection,
        prefix,
        concurrency: Math.min(concurrency, mostAtOnce[channel]),
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        // Who gave the job up would only wait for its lease to end, to get the same job again.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      })
      return worker.on('error', report.broken)
    })
    heartbeat = startHeartbeat({ ...parts, connection, report })
  })

  return {
    async stop(graceMs) {
      const closed = Promise.all(workers.map((worker) => worker.close()))
      await within(graceMs, Promise.race([closed, idleWithoutRedis()]))
      stopped = true
      const closing = [heartbeat?.stop(), ...[...outcomes.values()].map((queue) => queue.close())]
      await within(closingMs, Promise.all(closing))
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
