import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { carriedChannels } from '../endpoint.js'
import type { Ledger } from '../ledger/ledger.js'
import { createSeal, fingerprintOf } from '../secret.js'
import type { Carrier, MakeAttempt, TakeOutcomes, Transport } from '../transport/transport.js'
import { withInbox } from '../transport/with-inbox.js'

export interface TransportParts {
  config: Config
  ledger: Ledger
  secret: string
  log: Logger
  worker: boolean
  makeAttempt: MakeAttempt
}

/** The transport that the settings ask for; inboxes stay with the server, whatever they say. */
export async function createTransport(parts: TransportParts): Promise<Transport> {
  return withInbox(await createCarrier(parts), parts.makeAttempt)
}

/** BullMQ is loaded only where Redis is used: it is half of what a start costs. */
async function createCarrier({
  config,
  ledger,
  secret,
  log,
  worker,
  makeAttempt,
}: TransportParts): Promise<Carrier> {
  if (config.redisUrl === null) {
    const { createInProcessTransport } = await import('../transport/in-process.js')
    return createInProcessTransport(makeAttempt)
  }
  const { createBullmqTransport } = await import('../transport/bullmq.js')
  const { sealPurpose } = await import('../transport/queues.js')
  const seal = createSeal(secret, sealPurpose)
  const fingerprint = fingerprintOf(secret)
  const transport = createBullmqTransport({
    redisUrl: config.redisUrl,
    installation: ledger.installation,
    seal,
    fingerprint,
    log,
  })
  if (!worker) return transport
  const { startBullmqWorker } = await import('../transport/bullmq-worker.js')
  const { withOwnWorker } = await import('../transport/own-worker.js')
  const { redisUrl } = config
  const beginWorker = (take: TakeOutcomes) =>
    startBullmqWorker({
      redisUrl,
      seal,
      ownServer: { installation: ledger.installation, take },
      fingerprint,
      makeAttempt,
      channels: carriedChannels,
      concurrency: 128,
      log,
      onWrongSecret: () =>
        log.error(
          'jobs in Redis were sealed with another GEMHERALD_SECRET: two installations share this Redis database',
        ),
    })
  return withOwnWorker(transport, beginWorker)
}
