import type { Ledger } from '../ledger/ledger.js'
import type { RememberedHook } from '../ledger/upstreams.js'
import { defaultGlobalAbove, targetOf } from '../upstream/plan.js'
import { silenceWarning } from './silence.js'

export interface OverviewParts {
  ledger: Pick<Ledger, 'tallies' | 'upstreams' | 'claims' | 'deliveries' | 'hooks'>
  /** Base URL of the upstream. */
  rubygemsHost: string
  /** See `Config.silenceMs`. */
  silenceMs: number
  /** See `Hearing.listeningSince`. */
  listeningSince: number | null
  /** What else an operator should look at: sentences. */
  warnings: readonly string[]
}

/** What gemherald knows of its own state: what `status`, `/metrics` and pages show. Times in ms since the epoch. */
export interface Overview {
  /** Events by who told of them. */
  events: { webhook: number; catchUp: number; both: number }
  /**
   * Events that only catching up found, but for those from before anybody listened. A webhook that comes late takes its
   * event away again.
   */
  missedByWebhooks: number
  /** What checks with the upstream came to, and events that the upstream itself told of. */
  confirmations: { confirmed: number; unconfirmed: number; refuted: number }
  /** Events whose check is not over: nobody has been told yet. */
  claimsWaiting: number
  deliveriesPending: number
  /** What enabled hooks are on: `*`, and so many gems by name. */
  wanted: { all: boolean; gems: number }
  /** When a webhook last told something new; null: never. */
  lastWebhook: Past | null
  /** Everything that the upstream created up to then has been seen; null: nothing looked there yet. */
  completeUntil: Past | null
  /** When that was found out last; null: never. */
  lastCompleteWindow: Past | null
  /** Our own hooks at the upstream, as they were last listed. */
  upstreamHooks: RememberedHook[]
  /** The warning that webhooks fell silent, or null. It is among the warnings, too. */
  silence: string | null
  warnings: string[]
}

/** A moment, and how many seconds ago it was: 0 when the clock says that it is still to come. */
export interface Past {
  at: number
  secondsAgo: number
}

/** Reads the overview from the ledger. Throws when the ledger cannot be read. */
export function readOverview(parts: OverviewParts, now: number): Overview {
  const { ledger, rubygemsHost: host, silenceMs, listeningSince } = parts
  const { webhook, catchUp, both, confirmed, unconfirmed, refuted, history, lastWebhook } =
    ledger.tallies.read()
  const {
    begunAt = null,
    completeUntil = null,
    completedAt = null,
    publishedAt = null,
  } = ledger.upstreams.progress(host) ?? {}
  const wanted = ledger.hooks.wanted(host)
  const global = targetOf(wanted, defaultGlobalAbove).includes('*')
  const hearing = {
    host,
    global,
    globalSince: wanted.since.get('*') ?? null,
    begunAt,
    listeningSince,
    lastWebhook,
    publishedAt,
    silenceMs,
  }
  const silence = silenceWarning(hearing, now)
  return {
    events: { webhook, catchUp, both },
    missedByWebhooks: Math.max(catchUp - history, 0),
    confirmations: { confirmed, unconfirmed, refuted },
    claimsWaiting: ledger.claims.count(),
    deliveriesPending: ledger.deliveries.countPending(),
    wanted: { all: wanted.all, gems: wanted.gemNames.length },
    lastWebhook: past(lastWebhook, now),
    completeUntil: past(completeUntil, now),
    lastCompleteWindow: past(completedAt, now),
    upstreamHooks: ledger.upstreams.hooks(host),
    silence,
    warnings: [...(silence === null ? [] : [silence]), ...parts.warnings],
  }
}

function past(at: number | null, now: number): Past | null {
  return at === null ? null : { at, secondsAgo: Math.max(now - at, 0) / 1_000 }
}
