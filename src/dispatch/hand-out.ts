import type { Job } from '../delivery.js'
import { type Channel, channels } from '../endpoint.js'
import type { Lease } from '../ledger/deliveries.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Transport } from '../transport/transport.js'
import type { Pace } from './pace.js'

export interface HandOutParts {
  ledger: Pick<Ledger, 'deliveries' | 'lightly'>
  transport: Transport
  pace: Pace
  makeJob(lease: Lease): Job
  now(): number
}

/** What a round of handing out came to. */
export interface Round {
  /** False: the transport took nothing, so it is no use to try again at once. */
  open: boolean
  /** There may be more to hand out right now. */
  more: boolean
  /** When an endpoint that was passed over may be tried again; ms since the epoch. */
  resumeAt: number | undefined
}

const jobsAtOnce = 128
const promotedAtOnce = 1000

/** Makes a function that leases what is due, within every endpoint's pace, and gives it to the transport. */
export function createHandOut(parts: HandOutParts): () => Promise<Round> {
  const { ledger, transport, pace, now } = parts
  // Endpoints take turns: each round goes on after the endpoint that was served last.
  const served: Record<Channel, number> = { webhook: 0, slack: 0, email: 0 }

  const collect = (channel: Channel, room: number, time: number) => {
    const leases: Lease[] = []
    let resumeAt: number | undefined
    const start = served[channel]
    let after = start
    let wrapped = false
    while (leases.length < room) {
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
    if (expired(time, 1).length === 0 || !(await transport.settled())) return []
    // Asked again: the outcome of some may have been recorded just now.
    return expired(time, jobsAtOnce)
  }

  return async () => {
    const time = now()
    const lost = await lose(time)
    const leaseUntil = time + transport.leaseMs
    // Before anything fresh is found: the pace may have let go of them already.
    pace.started(lost, leaseUntil, time)
    let resumeAt: number | undefined
    const fresh: Lease[] = []
    if (lost.length === 0 && !ledger.deliveries.anyDue(time)) return { open: true, more: false, resumeAt }
    ledger.lightly(() => {
      ledger.deliveries.promote(time, promotedAtOnce)
      for (const channel of channels) {
        const room = Math.min(jobsAtOnce, transport.capacity[channel] - pace.out(channel))
        if (room <= 0) continue
        const found = collect(channel, room, time)
        fresh.push(...found.leases)
        resumeAt = earliest(resumeAt, found.resumeAt)
      }
      ledger.deliveries.lease([...lost, ...fresh], leaseUntil)
    })
    const leases = [...lost, ...fresh]
    if (leases.length === 0) return { open: true, more: false, resumeAt }

    pace.started(fresh, leaseUntil, time)
    if (await transport.carry(leases.map(parts.makeJob))) return { open: true, more: true, resumeAt }
    // Lost ones stay leased: a worker may still hold them, and the ledger offers them again when the new lease ends.
    ledger.deliveries.release(fresh)
    pace.returned(fresh)
    return { open: false, more: false, resumeAt }
  }
}

/** A moment that lies ahead; one that has passed says nothing about when to look again. */
function later(moment: number | undefined, now: number): number | undefined {
  return moment !== undefined && moment > now ? moment : undefined
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
