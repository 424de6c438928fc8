import type { Logger } from 'pino'
import type { Job } from '../delivery.js'
import { type Channel, carriedChannels } from '../endpoint.js'
import type { Lease } from '../ledger/deliveries.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Transport } from '../transport/transport.js'
import type { Pace } from './pace.js'

interface HandOutParts {
  ledger: Pick<Ledger, 'deliveries' | 'lightly'>
  transport: Transport
  pace: Pace
  makeJob(lease: Lease): Job
  /** Steady time (src/steady-time.ts): waits, leases and rests go by it. */
  now(): number
  log: Logger
}

/** What a round of handing out came to. */
export interface Round {
  /** False: the transport took nothing, so it is no use to try again at once. */
  open: boolean
  /** There may be more to hand out right now. */
  more: boolean
  /** When an endpoint that was passed over may be tried again, in steady time, ms. */
  resumeAt: number | undefined
}

/** Inboxes first: they need no way out, and must not wait where it is closed. */
const channelsInTurn: readonly Channel[] = ['inbox', ...carriedChannels]
const jobsAtOnce = 128
const promotedAtOnce = 1000
/** A round looks at no more endpoints than this, however many of them must be left alone. */
const endpointsAtOnce = 1000
const bytesAtOnce = 2 * 1024 * 1024
const mostBytesOut = 32 * 1024 * 1024

/** Makes a function that leases what is due, within every endpoint's pace, and gives it to the transport. */
export function createHandOut(parts: HandOutParts): () => Promise<Round> {
  const { ledger, transport, pace, now, log } = parts
  // Endpoints take turns: each round goes on after the endpoint that was served last.
  const served: Record<Channel, number> = { webhook: 0, slack: 0, email: 0, inbox: 0 }

  const collect = (channel: Channel, room: number, time: number) => {
    const leases: Lease[] = []
    let resumeAt: number | undefined
    const start = served[channel]
    let after = start
    let wrapped = false
    for (let looked = 0; leases.length < room; looked += 1) {
      if (looked === endpointsAtOnce) {
        resumeAt = time
        break
      }
      const endpointId = ledger.deliveries.nextDueEndpoint(channel, after)
      if (endpointId === undefined || (wrapped && endpointId > start)) {
        if (wrapped || start === 0) break
        wrapped = true
        after = 0
        continue
      }
      after = endpointId
      const slots = Math.min(pace.free(channel, endpointId, time), room - leases.length)
      if (slots > 0) leases.push(...ledger.deliveries.due(channel, endpointId, slots))
      else resumeAt = earliest(resumeAt, later(pace.heldUntil(endpointId), time))
    }
    served[channel] = after
    return { leases, resumeAt }
  }

  const lose = async (time: number): Promise<Lease[]> => {
    const { expired } = ledger.deliveries
    const settled = expired(carriedChannels, time, 1).length > 0 && (await transport.settled())
    // Asked again: the outcome of some may have been recorded just now. Those to inboxes never left this process.
    return expired(settled ? channelsInTurn : ['inbox'], time, jobsAtOnce)
  }

  /**
   * Gives the transport a few megabytes at a time; what it did not take is left, and so is what would be too much at once,
   * but for the first `sure` leases.
   */
  const carryInSlices = async (leases: Lease[], sure: number): Promise<{ open: boolean; left: Lease[] }> => {
    for (let at = 0; at < leases.length; ) {
      const slice: Job[] = []
      const begin = at
      for (let bytes = 0; at < leases.length && bytes < bytesAtOnce; at += 1) {
        const lease = leases[at] as Lease
        const job = makeJob(lease)
        if (job === undefined) continue
        slice.push(job)
        bytes += job.message.body.length
        pace.weigh(lease.deliveryId, job.message.body.length)
      }
      if (!(await transport.carry(slice))) return { open: false, left: leases.slice(begin) }
      if (at >= sure && pace.bytesOut() >= mostBytesOut) return { open: true, left: leases.slice(at) }
    }
    return { open: true, left: [] }
  }

  /** Inboxes go on whatever is out and wherever the way is closed. What is lost counts as out already, so it goes, too. */
  const carry = async (lost: Lease[], fresh: Lease[]): Promise<{ open: boolean; left: Lease[] }> => {
    const inboxes = [...lost, ...fresh].filter(isInbox)
    const lostOthers = lost.filter((lease) => !isInbox(lease))
    const others = [...lostOthers, ...fresh.filter((lease) => !isInbox(lease))]
    const kept = await carryInSlices(inboxes, inboxes.length)
    const carried = await carryInSlices(others, lostOthers.length)
    return { open: kept.open && carried.open, left: [...kept.left, ...carried.left] }
  }

  // A bug in making one job must not stop all the others: its lease ends, and it is tried again then.
  const makeJob = (lease: Lease): Job | undefined => {
    try {
      return parts.makeJob(lease)
    } catch (error) {
      log.error({ err: error, delivery: lease.deliveryId }, 'no job made: this is a bug in gemherald')
      return undefined
    }
  }

  return async () => {
    const time = now()
    const lost = await lose(time)
    const leaseUntil = time + transport.leaseMs
    // Before anything fresh is found: the pace may have let go of them already.
    pace.started(lost, leaseUntil, time)
    let resumeAt: number | undefined
    const fresh: Lease[] = []
    const full = pace.bytesOut() >= mostBytesOut
    if (lost.length === 0 && !ledger.deliveries.anyDue(time)) return { open: true, more: false, resumeAt }
    ledger.lightly(() => {
      ledger.deliveries.promote(time, promotedAtOnce)
      for (const channel of channelsInTurn) {
        const room = Math.min(jobsAtOnce, transport.capacity[channel] - pace.out(channel))
        if ((full && channel !== 'inbox') || room <= 0) continue
        const found = collect(channel, room, time)
        fresh.push(...found.leases)
        resumeAt = earliest(resumeAt, found.resumeAt)
      }
      ledger.deliveries.lease([...lost, ...fresh], leaseUntil)
    })
    const leases = [...lost, ...fresh]
    if (leases.length === 0) return { open: true, more: false, resumeAt }

    pace.started(fresh, leaseUntil, time)
    const { open, left } = await carry(lost, fresh)
    // Lost ones stay leased: a worker may still hold them, and the ledger offers them again when the new lease ends.
    const untaken = left.filter((lease) => !lost.includes(lease))
    ledger.deliveries.release(untaken)
    pace.returned(untaken)
    return { open, more: open && left.length === 0, resumeAt }
  }
}

function isInbox({ channel }: Lease): boolean {
  return channel === 'inbox'
}

/** A moment that lies ahead; one that has passed says nothing about when to look again. */
function later(moment: number | undefined, now: number): number | undefined {
  return moment !== undefined && moment > now ? moment : undefined
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
