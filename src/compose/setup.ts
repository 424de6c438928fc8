import { statSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../about.js'
import type { Config } from '../config.js'
import { fail, ok, type Result } from '../error.js'
import type { Ledger } from '../ledger/ledger.js'
import { isFileTrouble, isStorageTrouble, ledgerFile } from '../ledger/open.js'
import { sqliteVersion } from '../ledger/sqlite-version.js'
import { configuredSecrets } from '../receive/explain.js'
import type { UpstreamHook } from '../rubygems/schemas.js'
import type { WebHooks } from '../rubygems/web-hooks.js'
import { type OwnHooks, ownHooks } from '../upstream/own-hooks.js'
import { defaultGlobalAbove, planSync, type SyncPlan } from '../upstream/plan.js'
import { receiverUrl } from '../upstream/receiver-url.js'
import { applyPlan, type SyncReport } from '../upstream/sync.js'
import { rememberPlan, rememberReport } from '../upstream/sync-memory.js'
import { syncTrouble } from '../upstream/sync-trouble.js'
import { whyUnreachable } from '../upstream/unreachable.js'
import type { Setup, Sync } from '../web/setup-parts.js'
import { within } from '../within.js'
import type { UpstreamWork } from './upstream.js'

export interface SetupParts {
  config: Config
  ledger: Pick<Ledger, 'hooks' | 'upstreams'>
  upstream: { rubygems: Pick<UpstreamWork['rubygems'], 'webHooks'> }
  /** Where the server listens; asked for each time, since PORT may be 0. */
  port(): number
  /** ms since the epoch */
  now(): number
}

/** A setup that may have a sync under way. */
export interface RunningSetup extends Setup {
  /** Waits for a sync under way, at most about 9 s: after that it does not touch the ledger any more. */
  stop(): Promise<void>
}

/** A plan, the listed hooks that it was made from, and who carries it out. */
interface Planned {
  plan: SyncPlan
  own: OwnHooks<UpstreamHook>
  webHooks: WebHooks
}

/** A silent upstream may keep a request for longer. */
const graceMs = 8_500

export function createSetup(parts: SetupParts): RunningSetup {
  const { config, now } = parts
  const host = config.rubygemsHost
  const webHooks = config.rubygemsApiKey === null ? null : parts.upstream.rubygems.webHooks
  const address = () => ({ ...config, port: parts.port() })
  const { upstreams, hooks } = parts.ledger
  let last: Sync | null = null
  let running: Promise<unknown> = Promise.resolve()
  let stopped = false

  const makePlan = async (): Promise<Result<Planned>> => {
    if (webHooks === null) return fail('invalid', noClientKey(host))
    const url = receiverUrl(address())
    const listed = await webHooks.list()
    if (stopped) return stopping
    if (!listed.ok) return fail(listed.problem.code, syncTrouble(listed.problem, host, url))
    const own = ownHooks(listed.value, url, upstreams.hooks(host))
    const plan = planSync({ wanted: hooks.wanted(host), own, globalAbove: defaultGlobalAbove })
    return ok({ plan, own, webHooks })
  }

  const carryOut = async (sync: Sync): Promise<Result<SyncReport>> => {
    const planned = await makePlan()
    if (!planned.ok) return planned
    const { plan, own, webHooks } = planned.value
    const url = receiverUrl(address())
    rememberPlan({ upstreams, host, own, now: now() }, plan, url)
    const report = await applyPlan({
      plan,
      webHooks,
      receiverUrl: url,
      report: (behind, all) => Object.assign(sync, { behind, all }),
    })
    if (!stopped) rememberReport({ upstreams, host, own, now: now() }, report)
    return ok(report)
  }

  const run = async (sync: Sync): Promise<Result<SyncReport>> => {
    try {
      sync.result = await carryOut(sync)
    } catch (error) {
      sync.result = fail('unavailable', 'The sync broke off: gemherald failed. The log says why.')
      if (!isStorageTrouble(error)) throw error
      sync.result = fail('unavailable', `The sync broke off: the ledger cannot be used: ${error.message}.`)
    }
    return sync.result
  }

  return {
    receiverUrl: () => (whyUnreachable(address(), host) === null ? receiverUrl(address()) : null),
    ownReceiverUrl: () => receiverUrl(address()),
    secrets: configuredSecrets(config.rubygemsKeys),
    upstreamHost: host,
    hasClientKey: webHooks !== null,
    async plan() {
      const planned = await makePlan()
      return planned.ok ? ok(planned.value.plan) : planned
    },
    async apply() {
      const unreachable = whyUnreachable(address(), host)
      if (unreachable !== null) return fail('invalid', unreachable)
      if (stopped) return stopping
      if (last?.result === null) return fail('conflict', 'A sync is under way: wait until it is over.')
      last = { startedAt: now(), behind: 0, all: 0, result: null }
      const work = run(last)
      running = Promise.allSettled([work])
      return work
    },
    lastSync: () => last,
    transport: config.redisUrl === null ? 'in-process' : 'bullmq',
    redisHost: config.redisUrl === null ? null : new URL(config.redisUrl).host,
    mailFrom: config.mail?.from ?? null,
    missingMail: config.missingMail,
    version,
    sqliteVersion: sqliteVersion(),
    dataDir: config.dataDir,
    ledgerBytes: () => bytesOf(join(config.dataDir, ledgerFile)),
    startedAt: now(),
    async stop() {
      stopped = true
      await within(graceMs, running)
    },
  }
}

const stopping = fail('unavailable', 'The server is being stopped.')

function noClientKey(host: string): string {
  return `No key is set that may manage hooks at ${new URL(host).host}: set RUBYGEMS_API_KEY.`
}

/** Of the file and of what is not yet moved into it. */
function bytesOf(file: string): number | null {
  try {
    const wal = statSync(`${file}-wal`, { throwIfNoEntry: false })
    return statSync(file).size + (wal?.size ?? 0)
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return null
  }
}
