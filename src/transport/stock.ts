import type { Queue } from 'bullmq'
import { type CarriedChannel, carriedChannels } from '../endpoint.js'
import type { Sealed } from './queues.js'

export type Queues = Record<CarriedChannel | 'outcomes', Queue<Sealed>>

/**
 * Tells leases that are lost from those whose job is still in Redis or whose outcome is on its way. A worker hands its
 * outcome in before its job is gone. So what is in neither, looked at in this order, is lost.
 */
export interface Stock {
  /** Whether all outcomes have been brought that lay in Redis when stock was last taken. Rejects when Redis does not answer. */
  settled(queues: Queues): Promise<boolean>
  /** Whether the job was in Redis when stock was taken, a moment ago: then it is not lost, even if it is gone by now. */
  holds(jobId: string): boolean
  /** Redis may have lost what it held. */
  forget(): void
}

interface Taken {
  at: number
  jobs: Set<string>
  outcomes: string[]
}

/** Much shorter than a lease: what was leased after stock was taken has not ended its lease when it is used. */
const freshMs = 10_000

export function createStock(): Stock {
  let taken: Taken | undefined
  let held: { until: number; jobs: Set<string> } | undefined

  return {
    async settled(queues) {
      if (taken === undefined || performance.now() - taken.at > freshMs) taken = await take(queues)
      const now = taken
      const left = new Set(now.outcomes.length === 0 ? [] : await idsIn(queues.outcomes))
      if (now.outcomes.some((id) => left.has(id))) return false
      held = { until: performance.now() + freshMs, jobs: now.jobs }
      taken = undefined
      return true
    },

    holds: (jobId) => held !== undefined && performance.now() < held.until && held.jobs.has(jobId),

    forget() {
      taken = undefined
      held = undefined
    },
  }
}

async function take(queues: Queues): Promise<Taken> {
  const at = performance.now()
  const jobs = await Promise.all(carriedChannels.map((channel) => idsIn(queues[channel])))
  return { at, jobs: new Set(jobs.flat()), outcomes: await idsIn(queues.outcomes) }
}

function idsIn(queue: Queue<Sealed>): Promise<string[]> {
  return queue.getRanges(['wait', 'active', 'prioritized', 'delayed'], 0, -1)
}
