import { describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import { createInProcessTransport } from '../../src/transport/in-process.js'
import type { Carrier } from '../../src/transport/transport.js'
import { withInbox } from '../../src/transport/with-inbox.js'
import { jobFor, outcomeOf } from '../helpers/jobs.js'
import { until } from '../helpers/wait.js'
import { openGate } from './contract.js'

const inboxJob = (deliveryId: number) => jobFor(deliveryId, { channel: 'inbox', url: 'inbox:demo' })

/** A carrier that only writes down what it is given, and takes it or not. */
function fakeCarrier(open: boolean) {
  const carried: Job[] = []
  const withdrawn: number[] = []
  const carrier: Carrier = {
    ...createInProcessTransport(async (job) => outcomeOf(job)),
    async carry(jobs) {
      carried.push(...jobs)
      return open
    },
    async withdraw(leases) {
      withdrawn.push(...leases.map(({ deliveryId }) => deliveryId))
      return open
    },
  }
  return { carrier, carried, withdrawn }
}

function stage(open: boolean, attempt: (job: Job) => Promise<void> = async () => undefined) {
  const { carrier, carried, withdrawn } = fakeCarrier(open)
  const attempted: number[] = []
  const transport = withInbox(carrier, async (job) => {
    attempted.push(job.deliveryId)
    await attempt(job)
    return outcomeOf(job)
  })
  const taken: number[] = []
  const start = () =>
    transport.start(async (outcomes) => {
      taken.push(...outcomes.map(({ deliveryId }) => deliveryId))
    })
  return { transport, start, carried, withdrawn, attempted, taken }
}

describe('a transport with inboxes', () => {
  it('gives the carrier nothing that goes to an inbox', async () => {
    const { transport, start, carried, withdrawn, attempted } = stage(true)
    await start()
    expect(await transport.carry([inboxJob(1), jobFor(2), inboxJob(3)])).toBe(true)
    expect(await transport.withdraw([inboxJob(1), jobFor(2)])).toBe(true)
    expect(carried.map(({ deliveryId }) => deliveryId)).toEqual([2])
    expect(attempted).toEqual([1, 3])
    expect(withdrawn).toEqual([2])
  })

  it('does not ask the carrier about what goes to inboxes only', async () => {
    const { transport, start, carried, withdrawn, taken } = stage(false)
    await start()
    expect(await transport.carry([inboxJob(1)])).toBe(true)
    expect(await transport.withdraw([inboxJob(1)])).toBe(true)
    expect([carried, withdrawn]).toEqual([[], []])
    await until('it is taken', () => taken.length === 1)
  })

  it('keeps messages while the carrier is closed, and says that it is', async () => {
    const { transport, start, attempted, taken } = stage(false)
    await start()
    expect(await transport.carry([jobFor(1), inboxJob(2)])).toBe(false)
    expect(await transport.withdraw([jobFor(1), inboxJob(2)])).toBe(false)
    await until('it is taken', () => taken.length === 1)
    expect(attempted).toEqual([2])
  })

  it('takes nothing before the start and after the stop, and waits for what is under way', async () => {
    const gate = openGate()
    const { transport, start, attempted, taken } = stage(true, () => gate.opened)
    expect(await transport.carry([inboxJob(1)])).toBe(false)
    await start()
    expect(await transport.carry([inboxJob(1), inboxJob(1)])).toBe(true)
    const stopped = transport.stop(600_000)
    gate.open()
    await stopped
    expect(taken).toEqual([1])
    expect(await transport.carry([inboxJob(2)])).toBe(false)
    expect(attempted).toEqual([1])
  })
})
