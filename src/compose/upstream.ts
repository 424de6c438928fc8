import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { createConfirmer } from '../confirm/confirmer.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Outbound } from '../outbound/client.js'
import { createReconciler } from '../reconcile/reconciler.js'
import { createRubygems, type Rubygems } from '../rubygems/client.js'
import { createAutoSync } from '../upstream/auto-sync.js'
import { whyUnreachable } from '../upstream/unreachable.js'
import { within } from '../within.js'

export interface UpstreamParts {
  config: Config
  ledger: Ledger
  outbound: Outbound
  /** The URL of our own receiver; asked for once the server listens. */
  receiverUrl(): string
  now(): number
  log: Logger
  /** The dispatcher has something to do. */
  wake(): void
}

/** What the server does at the upstream of its own accord: confirm claims, catch up, keep hooks in step. */
export interface UpstreamWork {
  rubygems: Rubygems
  start(): void
  /** There may be claims to check. */
  wake(): void
  stop(): Promise<void>
  /** What an operator should look at. */
  warnings(): string[]
}

/** A silent upstream may keep a request for longer; what it says then is not looked at. */
const graceMs = 8_500

export function createUpstreamWork(parts: UpstreamParts): UpstreamWork {
  const { config, ledger, outbound, now, log, wake } = parts
  const host = config.rubygemsHost
  const stopping = new AbortController()
  const rubygems = createRubygems({
    host,
    outbound,
    ...(config.rubygemsApiKey === null ? {} : { apiKey: config.rubygemsApiKey }),
    ...(config.receiverToken === null ? {} : { receiverToken: config.receiverToken }),
    signal: stopping.signal,
  })
  const confirmer = createConfirmer({ mode: config.confirm, ledger, rubygems, now, log, wake })
  const reconciler = config.reconcile
    ? createReconciler({ ledger, rubygems, host, dataDir: config.dataDir, now, log, wake })
    : null
  const unreachable = config.upstreamSync === 'auto' ? whyUnreachable(config, host) : null
  const autoSync =
    config.upstreamSync === 'auto' && unreachable === null
      ? createAutoSync({
          ledger,
          webHooks: rubygems.webHooks,
          host,
          receiverUrl: parts.receiverUrl,
          now,
          log,
        })
      : null
  return {
    rubygems,
    start() {
      confirmer.start()
      reconciler?.start()
      autoSync?.start()
    },
    wake: confirmer.wake,
    async stop() {
      stopping.abort()
      await Promise.all([confirmer.stop(), reconciler?.stop(), autoSync && within(graceMs, autoSync.stop())])
    },
    warnings: () =>
      [unreachable, reconciler?.trouble(), autoSync?.trouble(), ...(autoSync?.warnings() ?? [])].filter(
        (warning) => typeof warning === 'string',
      ),
  }
}
