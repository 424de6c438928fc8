import { hostname } from 'node:os'
import { version } from '../about.js'
import { channels } from '../endpoint.js'
import { within } from '../within.js'
import type { Carrier, MakeAttempt, TakeOutcomes, WorkerSeen } from './transport.js'

const healthy = { blocking: [], warnings: [] }

const thisProcess: WorkerSeen = {
  id: 'server',
  host: hostname(),
  pid: process.pid,
  version,
  channels: [...channels],
  startedAt: Math.round(performance.timeOrigin),
  secondsAgo: 0,
}

/** Makes attempts inside the server's own process: no Redis, nothing to set up, and nothing survives the process. */
export function createInProcessTransport(makeAttempt: MakeAttempt): Carrier {
  const underWay = new Map<string, Promise<void>>()
  let take: TakeOutcomes | undefined

  const run = async (key: string, job: Parameters<MakeAttempt>[0]) => {
    try {
      const outcome = await makeAttempt(job)
      await take?.([outcome])
    } finally {
      underWay.delete(key)
    }
  }

  return {
    // Emails: as many as the channel has connections to the mail server.
    capacity: { webhook: 1024, slack: 256, email: 5 },
    leaseMs: 120_000,
    losesWorkWithProcess: true,

    async start(takeOutcomes) {
      take = takeOutcomes
    },

    async carry(jobs) {
      if (take === undefined) return false
      for (const job of jobs) {
        const key = `${job.deliveryId}-${job.attempt}`
        if (!underWay.has(key)) underWay.set(key, run(key, job))
      }
      return true
    },

    // Every attempt begins at once, so there is nothing to take back: each goes on to its outcome.
    withdraw: async () => true,

    settled: async () => true,

    health: async () => healthy,

    workers: async () => [thisProcess],

    async stop(graceMs) {
      await within(graceMs, Promise.allSettled(underWay.values()))
      take = undefined
    },
  }
}
