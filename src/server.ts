import { createServer } from 'node:http'
import type { Logger } from 'pino'
import { userAgent } from './about.js'
import { addressUrl } from './address-url.js'
import { createApp } from './app.js'
import { catalogRouter } from './catalog/router.js'
import { createChannels } from './channels/channels.js'
import { attemptMaker } from './channels/make-attempt.js'
import { keepInInbox } from './compose/inbox.js'
import { composePage } from './compose/page.js'
import { watchStorage } from './compose/storage.js'
import { createTransport } from './compose/transport.js'
import { createUpstreamWork } from './compose/upstream.js'
import type { Config } from './config.js'
import { createDispatcher } from './dispatch/dispatcher.js'
import { ok, type Result } from './error.js'
import { openLedger } from './ledger/ledger.js'
import { closeServer, listen } from './listen.js'
import { ensureDefaultKey, type NewKey } from './manage/default-key.js'
import { createFireLimit } from './manage/fire-limit.js'
import { manageRouter } from './manage/router.js'
import { signingKeys } from './manage/signing-key.js'
import { unsubscribeRouter, unsubscribeUrl } from './manage/unsubscribe.js'
import { createOutbound } from './outbound/client.js'
import { createVerifier } from './receive/authorization.js'
import { createCalibration } from './receive/calibration.js'
import { createGroupCommit } from './receive/group-commit.js'
import { receiveRouter } from './receive/router.js'
import { createSeal, createSigner } from './secret.js'
import { ensureSecret } from './secret-file.js'
import { receiverUrl } from './upstream/receiver-url.js'
import { readOverview } from './watch/overview.js'
import { healthRouter } from './web/health.js'
import { metricsRouter } from './web/metrics.js'
import { createSignInLink, signInUrl } from './web/sign-in-link.js'

export interface ServerOptions {
  config: Config
  log: Logger
  /** With Redis: make attempts in this process too. Without Redis it always does. */
  worker: boolean
  /** ms since the epoch; the system's clock unless told. */
  now?: () => number
  /** What waits are measured by: ms, and it never jumps; the system's monotonic clock unless told. */
  elapsed?: () => number
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
  /** A new one-time link that signs in to the account `default`. */
  signInLink(): string
  /** There may be something to do: the clock that was given has moved. */
  wake(): void
  /** Stops cleanly within about 11 s, 30 s when Redis is unreachable. */
  stop(): Promise<void>
}

const headersMs = 10_000
const requestMs = 15_000
const checkConnectionsMs = 2_000
const graceMs = 10_500

/** Composes everything and listens. Fails with one sentence when the ledger, the secret or the address cannot be had. */
export async function startServer({
  config,
  log,
  worker,
  now = Date.now,
  elapsed = () => performance.now(),
}: ServerOptions): Promise<Result<RunningServer>> {
  const opened = openLedger(config.dataDir)
  if (!opened.ok) return opened
  const ledger = opened.value
  const failWith = <T>(result: Result<T>) => {
    ledger.close()
    return result
  }
  const secretFound = ensureSecret(config.secret, config.dataDir, ledger.accounts.keys().length > 0)
  if (!secretFound.ok) return failWith(secretFound)
  const secret = secretFound.value
  const keySeal = createSeal(secret, 'api keys')
  const key = ensureDefaultKey(ledger, keySeal, config.apiKey, now())
  if (!key.ok) return failWith(key)

  const outbound = createOutbound({ allow: config.outboundAllow, userAgent })
  const channels = createChannels({
    outbound,
    mail: config.mail,
    now,
    inbox: keepInInbox(ledger.inbox, now, () => page.changed()),
  })
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
  let port = config.port
  const publicUrl = () => config.publicUrl ?? addressUrl(config.host, port)
  const gemPage = (gemName: string) => `${config.rubygemsHost}/gems/${encodeURIComponent(gemName)}`
  const unsubscribeSigner = createSigner(secret, 'unsubscribe')
  const dispatcher = createDispatcher({
    ledger,
    transport,
    now,
    elapsed,
    log,
    signingKey,
    gemPage,
    allow: config.outboundCidrs,
    recorded: () => page.changed(),
    unsubscribeUrl: (endpointId) => unsubscribeUrl(publicUrl(), unsubscribeSigner, endpointId),
  })
  const upstream = createUpstreamWork({
    config,
    ledger,
    outbound,
    receiverUrl: () => receiverUrl({ ...config, port }),
    now,
    log,
    wake: dispatcher.wake,
  })
  const wake = () => {
    upstream.wake()
    dispatcher.wake()
  }
  const storage = watchStorage(ledger.proveWritable)
  const verifier = createVerifier(config.rubygemsKeys)
  const listeningSince = now()
  const overview = () =>
    readOverview({ ...config, ledger, listeningSince, warnings: upstream.warnings() }, now())
  const manage = {
    ledger,
    channels,
    rubygems: upstream.rubygems,
    allow: config.outboundAllow,
    gemPage,
    missingMail: config.missingMail,
    fireLimit: createFireLimit(),
    signingKey,
    changed: () => page.changed(),
    now,
    log,
  }
  const page = composePage({
    config,
    secret,
    ledger,
    manage,
    upstream,
    transport,
    pace: dispatcher.pace,
    overview,
    publicUrl,
    gemPage,
    port: () => port,
    wake,
    now,
    log,
  })
  const app = createApp({
    log,
    receive: receiveRouter({
      verifier,
      receiverToken: config.receiverToken,
      keep: createGroupCommit(storage.watch(ledger.arrivals.record), () => {
        // Most that is received where many gems are told of is wanted by nobody, and a round costs more than this look.
        if (ledger.arrivals.anyToTell()) wake()
        page.changed()
      }),
      confirm: config.confirm !== 'off',
      calibration: createCalibration(createSigner(secret, 'calibration'), now),
      now,
      log,
    }),
    manage: manageRouter(manage),
    api: page.api,
    feeds: page.feeds,
    web: page.web,
    catalog: catalogRouter({ ledger, now, log }),
    unsubscribe: unsubscribeRouter({ ledger, signer: unsubscribeSigner, changed: page.changed, now, log }),
    health: healthRouter({
      countPending: ledger.deliveries.countPending,
      transport: transport.health,
      storageTrouble: storage.trouble,
      warnings: () => overview().warnings,
    }),
    metrics: metricsRouter({ overview, log }),
  })

  const stop = async () => {
    await Promise.all([closeServer(server), page.stop(), upstream.stop(), dispatcher.stop(graceMs)])
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
  port = listening.value
  await dispatcher.start()
  upstream.start()
  return ok({
    address: { host: config.host, port },
    publicUrl: publicUrl(),
    secrets: verifier.secrets,
    newApiKey: key.value,
    signInLink: () =>
      signInUrl(publicUrl(), createSignInLink({ ledger, now }, ledger.accounts.ensure('default', now()))),
    wake,
    stop,
  })
}
