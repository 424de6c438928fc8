import type { BullmqWorker } from './bullmq-worker.js'
import type { Transport } from './transport.js'

/** A transport whose server makes attempts too: its worker stops first, so that its last outcomes are still taken. */
export function withOwnWorker(transport: Transport, worker: BullmqWorker): Transport {
  return {
    ...transport,
    async stop(graceMs) {
      await worker.stop(graceMs)
      await transport.stop(graceMs)
    },
  }
}
