import type { Arrival, Receipt } from '../ledger/arrivals.js'

/** Keeps one arrival; resolves when it is on disk, rejects when it could not be kept. */
export type Keep = (arrival: Arrival) => Promise<Receipt>

interface Waiting {
  arrival: Arrival
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

const largestCommit = 256
const longestGatheringMs = 3

/**
 * Lets concurrent arrivals share one commit, hence one sync of the disk. A commit is made as soon as a turn of the event
 * loop brings no further arrival, and 3 ms after its first one at the latest.
 */
export function createGroupCommit(record: (arrivals: Arrival[]) => Receipt[], committed: () => void): Keep {
  const waiting: Waiting[] = []

  const gather = (deadline: number, before: number) => {
    const still = waiting.length > before && waiting.length < largestCommit && performance.now() < deadline
    if (still) setImmediate(gather, deadline, waiting.length)
    else flush()
  }

  const flush = () => {
    const batch = waiting.splice(0, largestCommit)
    if (waiting.length > 0) setImmediate(flush)
    try {
      const receipts = record(batch.map((item) => item.arrival))
      for (const [index, item] of batch.entries()) item.resolve(receiptAt(receipts, index))
    } catch (error) {
      for (const item of batch) item.reject(error)
      return
    }
    committed()
  }

  return (arrival) =>
    new Promise((resolve, reject) => {
      waiting.push({ arrival, resolve, reject })
      if (waiting.length === 1) setImmediate(gather, performance.now() + longestGatheringMs, 0)
    })
}

function receiptAt(receipts: Receipt[], index: number): Receipt {
  const receipt = receipts[index]
  if (receipt === undefined)
    throw new Error(`The ledger answered ${receipts.length} arrivals, not number ${index + 1}.`)
  return receipt
}
