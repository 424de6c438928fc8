import type { BullmqWorker } from './bullmq-worker.js'
import type { Carrier, TakeOutcomes } from './transport.js'

/**
 * A transport whose server makes attempts too. `begin` starts its worker, which gives its outcomes straight to the server.
 * The worker stops first, so that its last outcomes are still taken.
 */
export function withOwnWorker(transport: Carrier, begin: (take: TakeOutcomes) => BullmqWorker): Carrier {
  let worker: BullmqWorker | undefined
  return {
    ...transport,
    async start(take) {
      await transport.start(take)
      worker = begin(take)
    },
    async stop(graceMs) {
      await worker?.stop(graceMs)
      await transport.stop(graceMs)
    },
  }
}
