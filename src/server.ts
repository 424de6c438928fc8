import { createServer } from 'node:http'
import { isIP } from 'node:net'
import type { Logger } from 'pino'
import { userAgent } from './about.js'
import { createApp } from './app.js'
import { catalogRouter } from './catalog/router.js'
import { createChannels } from './channels/channels.js'
import { attemptMaker } from './channels/make-attempt.js'
import type { Config } from './config.js'
import { createDispatcher } from './dispatch/dispatcher.js'
import { channels as allChannels } from './endpoint.js'
import { ok, type Result } from './error.js'
import { type Ledger, openLedger } from './ledger/ledger.js'
import { closeServer, listen } from './listen.js'
import { ensureDefaultKey, type NewKey } from './manage/default-key.js'
import { manageRouter } from './manage/router.js'
import { signingKeys } from './manage/signing-key.js'
import { unsubscribeRouter, unsubscribeUrl } from './manage/unsubscribe.js'
import { createOutbound } from './outbound/client.js'
import { createVerifier } from './receive/authorization.js'
import { createGroupCommit } from './receive/group-commit.js'
import { receiveRouter } from './receive/router.js'
import { createSeal, createSigner, fingerprintOf } from './secret.js'
import { ensureSecret } from './secret-file.js'
import type { MakeAttempt, Transport } from './transport/transport.js'
import { healthRouter } from './web/health.js'

export interface ServerOptions {
  config: Config
  log: Logger
  /** With Redis: make attempts in this process too. Without Redis it always does. */
  worker: boolean
  /** ms since the epoch; the system's clock unless told. */
  now?: () => number
}

export interface RunningServer {
  /** Where it listens. */
  address: { host: string; port: number }
  /** How many secrets incoming webhooks are verified with. */
  secrets: number
  /** How the world reaches it. */
  publicUrl: string
  /** An API key that nobody has been shown yet. */
  newApiKey: NewKey | null
  /** There may be something to do: the clock that was given has moved. */
  wake(): void
  /** Stops cleanly within about 10 s, 30 s when Redis is unreachable. */
  stop(): Promise<void>
}

const headersMs = 10_000
const requestMs = 15_000
const checkConnectionsMs = 2_000
const graceMs = 8_500

/** Composes everything and listens. Fails with one sentence when the ledger, the secret or the address cannot be had. */
export async function startServer({
  config,
  log,
  worker,
  now = Date.now,
}: ServerOptions): Promise<Result<RunningServer>> {
  const opened = openLedger(config.dataDir)
  if (!opened.ok) return opened
  const ledger = opened.value
  const failWith = <T>(result: Result<T>) => {
    ledger.close()
    return result
  }
  const secretFound = ensureSecret(config.secret, config.dataDir)
  if (!secretFound.ok) return failWith(secretFound)
  const secret = secretFound.value
  const keySeal = createSeal(secret, 'api keys')
  const key = ensureDefaultKey(ledger, keySeal, config.apiKey, now())
  if (!key.ok) return failWith(key)

  const outbound = createOutbound({ allow: config.outboundAllow, userAgent })
  const channels = createChannels({ outbound, mail: config.mail, now })
  const transport = await createTransport({
    config,
    ledger,
    secret,
    log,
    worker,
    makeAttempt: attemptMaker(channels, now, log),
  })
  const signingKey = signingKeys(ledger, keySeal, now)
  // Known for certain only once it listens: PORT may be 0.
  let publicUrl = config.publicUrl ?? ''
  const gemPage = (gemName: string) => `${config.rubygemsHost}/gems/${encodeURIComponent(gemName)}`
  const unsubscribeSigner = createSigner(secret, 'unsubscribe')
  const dispatcher = createDispatcher({
    ledger,
    transport,
    now,
    log,
    signingKey,
    gemPage,
    allow: config.outboundCidrs,
    unsubscribeUrl: (endpointId) => unsubscribeUrl(publicUrl, unsubscribeSigner, endpointId),
  })
  const storage = watchStorage()
  const verifier = createVerifier(config.rubygemsKeys)
  const app = createApp({
    log,
    receive: receiveRouter({
      verifier,
      receiverToken: config.receiverToken,
      confirm: config.confirm !== 'off',
      keep: createGroupCommit(storage.watch(ledger.arrivals.record), dispatcher.wake),
      now,
      log,
    }),
    manage: manageRouter({
      ledger,
      channels,
      outbound,
      allow: config.outboundAllow,
      rubygemsHost: config.rubygemsHost,
      gemPage,
      missingMail: config.missingMail,
      signingKey,
      now,
      log,
    }),
    catalog: catalogRouter({ ledger, now, log }),
    unsubscribe: unsubscribeRouter({ ledger, signer: unsubscribeSigner, now, log }),
    health: healthRouter({
      countPending: ledger.deliveries.countPending,
      transport: transport.health,
      storageTrouble: storage.trouble,
    }),
  })

  const stop = async () => {
    await Promise.all([closeServer(server), dispatcher.stop(graceMs)])
    await channels.close()
    await outbound.close()
    ledger.close()
  }
  const server = createServer(
    { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkConnectionsMs },
    app,
  )
  const listening = await listen(server, config)
  if (!listening.ok) {
    await stop()
    return listening
  }
  const port = listening.value
  publicUrl ||= `http://${isIP(config.host) === 6 ? `[${config.host}]` : config.host}:${port}`
  await dispatcher.start()
  return ok({
    address: { host: config.host, port },
    publicUrl,
    secrets: verifier.secrets,
    newApiKey: key.value,
    wake: dispatcher.wake,
    stop,
  })
}

interface TransportParts {
  config: Config
  ledger: Ledger
  secret: string
  log: Logger
  worker: boolean
  makeAttempt: MakeAttempt
}

// BullMQ is loaded only where Redis is used: it is half of what a start costs.
async function createTransport({
  config,
  ledger,
  secret,
  log,
  worker,
  makeAttempt,
}: TransportParts): Promise<Transport> {
  if (config.redisUrl === null) {
    const { createInProcessTransport } = await import('./transport/in-process.js')
    return createInProcessTransport(makeAttempt)
  }
  const { createBullmqTransport } = await import('./transport/bullmq.js')
  const { sealPurpose } = await import('./transport/queues.js')
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
  const { startBullmqWorker } = await import('./transport/bullmq-worker.js')
  const { withOwnWorker } = await import('./transport/own-worker.js')
  const ownWorker = startBullmqWorker({
    redisUrl: config.redisUrl,
    seal,
    fingerprint,
    makeAttempt,
    channels: allChannels,
    concurrency: 128,
    log,
    onWrongSecret: () =>
      log.error(
        'jobs in Redis were sealed with another GEMHERALD_SECRET: two installations share this Redis database',
      ),
  })
  return withOwnWorker(transport, ownWorker)
}

/** Remembers whether the last commit of arrivals worked: what /readyz says of the disk. */
function watchStorage() {
  let trouble: string | null = null
  return {
    trouble: () => trouble,
    watch:
      <A, R>(record: (arrivals: A) => R) =>
      (arrivals: A): R => {
        try {
          const receipts = record(arrivals)
          trouble = null
          return receipts
        } catch (error) {
          trouble = error instanceof Error ? error.message : String(error)
          throw error
        }
      },
  }
}
