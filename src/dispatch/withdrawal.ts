import { channels } from '../endpoint.js'
import type { Withdrawn } from '../ledger/deliveries.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Transport } from '../transport/transport.js'
import type { Pace } from './pace.js'

interface WithdrawalParts {
  ledger: Pick<Ledger, 'deliveries'>
  transport: Pick<Transport, 'withdraw'>
  pace: Pick<Pace, 'returned'>
  /** Steady time (src/steady-time.ts), ms. */
  now(): number
}

const withdrawnAtOnce = 500

/**
 * Makes a function that takes back what was cancelled while it was handed out, as far as no worker has begun. The transport
 * cannot tell which those are. So each keeps its slot, and cannot be asked for again, until its outcome is recorded, or until
 * its lease has ended and the transport has no job of it that could still begin.
 */
export function createWithdrawal({ ledger, transport, pace, now }: WithdrawalParts): () => Promise<void> {
  let told = new Set<string>()

  return async () => {
    const leases = ledger.deliveries.withdrawn()
    if (leases.length === 0) return
    const time = now()
    told = new Set(leases.map(keyOf).filter((key) => told.has(key)))
    // One channel after the other: where the way of one is closed, that of the next may not be.
    for (const channel of channels) {
      const wanted = leases
        .filter((lease) => lease.channel === channel && (isOver(lease, time) || !told.has(keyOf(lease))))
        .slice(0, withdrawnAtOnce)
      if (wanted.length === 0 || !(await transport.withdraw(wanted))) continue
      for (const lease of wanted) told.add(keyOf(lease))
      const over = wanted.filter((lease) => isOver(lease, time))
      ledger.deliveries.forgetWithdrawn(over)
      pace.returned(over)
    }
  }
}

function isOver({ leaseUntil }: Withdrawn, time: number): boolean {
  return leaseUntil <= time
}

function keyOf({ deliveryId, attempt }: Withdrawn): string {
  return `${deliveryId}-${attempt}`
}
