import type { Channel } from '../endpoint.js'
import { createInProcessTransport } from './in-process.js'
import type { Carrier, MakeAttempt, Transport } from './transport.js'

/** Few at a time: each is over as soon as it begins, and while a command writes to the ledger each waits for it. */
const mostInboxJobs = 32

/**
 * A transport that leaves what goes to inboxes in this process, since workers have no ledger (DESIGN law 4), and gives
 * `carrier` the rest. What is kept here was never anywhere else: nothing of it can be lost on the way, or be on its way back,
 * and all of it is lost with the process, whatever the carrier says of its own.
 */
export function withInbox(carrier: Carrier, makeAttempt: MakeAttempt): Transport {
  const here = createInProcessTransport(makeAttempt)
  return {
    ...carrier,
    capacity: { ...carrier.capacity, inbox: mostInboxJobs },

    async start(take) {
      await here.start(take)
      await carrier.start(take)
    },

    // While the carrier's way is closed, inboxes go on. They are answered for with the others then, so the ledger hands them
    // out once more unless their outcome is recorded by then: message and outcome are kept once all the same.
    async carry(jobs) {
      const open = await here.carry(jobs.filter(isInbox))
      const others = jobs.filter((job) => !isInbox(job))
      return others.length === 0 ? open : carrier.carry(others)
    },

    async withdraw(leases) {
      const others = leases.filter((lease) => !isInbox(lease))
      return others.length === 0 || carrier.withdraw(others)
    },

    async stop(graceMs) {
      await Promise.all([here.stop(graceMs), carrier.stop(graceMs)])
    },
  }
}

function isInbox({ channel }: { channel: Channel }): boolean {
  return channel === 'inbox'
}
