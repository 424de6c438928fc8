import { hostname } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { version } from '../../src/about.js'
import type { Job, Outcome } from '../../src/delivery.js'
import { carriedChannels, channels } from '../../src/endpoint.js'
import type { MakeAttempt, Transport } from '../../src/transport/transport.js'
import { jobFor, outcomeOf } from '../helpers/jobs.js'
import { until } from '../helpers/wait.js'

const inbox: Partial<Job> = { channel: 'inbox', url: 'inbox:demo' }

/** What every transport must do, whatever carries the jobs. `make` gives a transport whose workers use `makeAttempt`. */
export function transportContract(
  name: string,
  make: (makeAttempt: MakeAttempt) => Promise<Transport>,
): void {
  describe(`${name} as a transport`, () => {
    let transport: Transport
    const taken: Outcome[] = []
    const take = async (outcomes: Outcome[]) => {
      taken.push(...outcomes)
    }

    afterEach(async () => {
      await transport.stop(2_000)
      taken.length = 0
    })

    it('brings the outcome of every job exactly once', async () => {
      const attempts: number[] = []
      transport = await make(async (job) => {
        attempts.push(job.deliveryId)
        return outcomeOf(job)
      })
      await transport.start(take)
      const jobs = Array.from({ length: 300 }, (_, index) => jobFor(index + 1))
      await carryWhenOpen(transport, jobs)
      await until('all outcomes are taken', () => taken.length >= 300)
      await until('the transport is settled', () => transport.settled())
      expect(taken.map((outcome) => outcome.deliveryId).sort((a, b) => a - b)).toEqual(
        jobs.map((job) => job.deliveryId),
      )
      expect(attempts).toHaveLength(300)
    })

    it('hands the worker the job as it was given', async () => {
      const seen: Job[] = []
      transport = await make(async (job) => {
        seen.push(job)
        return outcomeOf(job, { verdict: 'retry', retryAfterMs: 7, error: 'Ünïcode ☃' })
      })
      await transport.start(take)
      const job = jobFor(5, {
        channel: 'email',
        url: 'mailto:a@example.com',
        attempt: 3,
        unsubscribeUrl: 'http://x/u',
      })
      await carryWhenOpen(transport, [job])
      await until('the outcome is taken', () => taken.length === 1)
      expect(seen).toEqual([job])
      expect(taken[0]).toMatchObject({
        deliveryId: 5,
        attempt: 3,
        verdict: 'retry',
        retryAfterMs: 7,
        error: 'Ünïcode ☃',
      })
    })

    it('makes one attempt when a job is carried again while it is under way', async () => {
      const gate = openGate()
      let attempts = 0
      transport = await make(async (job) => {
        attempts += 1
        await gate.opened
        return outcomeOf(job)
      })
      await transport.start(take)
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the attempt is under way', () => attempts === 1)
      await carryWhenOpen(transport, [jobFor(1)])
      await carryWhenOpen(transport, [jobFor(2)])
      await until('the next job is under way, too', () => attempts === 2)
      gate.open()
      await until('both outcomes are taken', () => taken.length === 2)
      expect(attempts).toBe(2)
    })

    it('carries all channels at once, so that a stuck one does not hold up the others', async () => {
      const gate = openGate()
      transport = await make(async (job) => {
        if (job.channel === 'webhook') await gate.opened
        return outcomeOf(job)
      })
      await transport.start(take)
      await carryWhenOpen(transport, [
        jobFor(1),
        jobFor(2, { channel: 'slack' }),
        jobFor(3, { channel: 'email' }),
      ])
      await until('slack and email are done', () => taken.length === 2)
      expect(taken.map((outcome) => outcome.deliveryId).sort()).toEqual([2, 3])
      gate.open()
      await until('the webhook is done, too', () => taken.length === 3)
    })

    it('leaves what goes to inboxes in this process, once each, whatever else is stuck', async () => {
      const gate = openGate()
      const seen: Job[] = []
      transport = await make(async (job) => {
        if (job.channel !== 'inbox') await gate.opened
        else seen.push(job)
        return outcomeOf(job)
      })
      await transport.start(take)
      const others = [jobFor(101), jobFor(102, { channel: 'slack' })] as const
      const jobs = Array.from({ length: 30 }, (_, index) => jobFor(index + 1, inbox))
      await carryWhenOpen(transport, [others[0]])
      expect(await transport.carry([...jobs, others[1]])).toBe(true)
      await until('all inbox jobs are taken', () => taken.length >= 30)
      expect(await transport.withdraw(jobs)).toBe(true)
      gate.open()
      await until('the others are taken, too', () => taken.length >= 32)
      await until('the transport is settled', () => transport.settled())
      expect(taken.map((outcome) => outcome.deliveryId).sort((a, b) => a - b)).toEqual(
        [...jobs, ...others].map((job) => job.deliveryId),
      )
      // The very objects: nothing was written down and read again.
      expect(new Set(seen)).toEqual(new Set(jobs))
      expect(seen.every((job) => jobs.includes(job))).toBe(true)
    })

    it('has room for every channel', async () => {
      transport = await make(async (job) => outcomeOf(job))
      for (const channel of channels) expect(transport.capacity[channel]).toBeGreaterThan(0)
    })

    it('knows who makes attempts', async () => {
      transport = await make(async (job) => outcomeOf(job))
      await transport.start(take)
      await until('a worker is seen', async () => (await transport.workers())?.length === 1)
      expect(await transport.workers()).toEqual([
        {
          id: expect.any(String),
          host: hostname(),
          pid: process.pid,
          version,
          channels: expect.arrayContaining([...carriedChannels]),
          startedAt: expect.any(Number),
          secondsAgo: expect.any(Number),
        },
      ])
    })

    it('waits for attempts under way when it stops', async () => {
      const gate = openGate()
      let attempts = 0
      transport = await make(async (job) => {
        attempts += 1
        await gate.opened
        return outcomeOf(job)
      })
      await transport.start(take)
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the attempt is under way', () => attempts === 1)
      const stopped = transport.stop(5_000)
      gate.open()
      await stopped
      expect(await transport.carry([jobFor(2)])).toBe(false)
      expect(attempts).toBe(1)
    })

    it('is healthy', async () => {
      transport = await make(async (job) => outcomeOf(job))
      await transport.start(take)
      await until('it is open', async () => (await transport.health()).blocking.length === 0)
      expect((await transport.health()).warnings).toEqual([])
    })
  })
}

/** Carries as the dispatcher does: again and again until the way is open. */
export async function carryWhenOpen(transport: Pick<Transport, 'carry'>, jobs: Job[]): Promise<void> {
  await until('the transport takes jobs', () => transport.carry(jobs))
}

export function openGate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
