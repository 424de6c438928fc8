import type { Config } from '../config.js'
import type { Overview, Past } from '../watch/overview.js'
import { span } from '../watch/span.js'
import type { Fact } from './output.js'
import type { Readiness } from './readiness.js'

/** What `gemherald status` found out. */
export interface Status {
  config: Pick<Config, 'gemheraldUrl' | 'reconcile'>
  server: Readiness
  overview: Overview
}

/** The status for people: the server first, warnings last, each in a pair of its own. */
export function statusFacts({ config, server, overview }: Status): Fact[] {
  const { events, confirmations, wanted, warnings } = overview
  const { confirmed, unconfirmed, refuted } = confirmations
  return [
    ['server', serverText(config, server)],
    ['events', events.webhook + events.catchUp + events.both],
    ['told by webhooks alone', events.webhook],
    ['told by catching up alone', events.catchUp],
    ['told by both', events.both],
    ['missed by webhooks', overview.missedByWebhooks],
    ['confirmed by upstream', confirmed],
    ['unconfirmed', unconfirmed],
    ['refuted', refuted],
    ['deliveries pending', overview.deliveriesPending],
    ['claims waiting', overview.claimsWaiting],
    ['gems wanted', wanted.all ? 'all' : wanted.gems],
    ['last webhook', pastText(overview.lastWebhook)],
    ['caught up until', pastText(overview.completeUntil)],
    [
      'last complete window',
      `${pastText(overview.lastCompleteWindow)}${config.reconcile ? '' : ' (RECONCILE=off)'}`,
    ],
    ['hooks at upstream', hooksText(overview)],
    ...warnings.map((warning): Fact => ['warning', warning]),
  ]
}

/** The status for programs. Keys stay as they are; times are ISO 8601, spans in seconds, null is never. */
export function statusJson({ config, server, overview }: Status) {
  const { events, lastWebhook, completeUntil, lastCompleteWindow } = overview
  return {
    server: { url: config.gemheraldUrl, state: server.state.replace(' ', '_'), problems: server.problems },
    events: { webhook: events.webhook, catch_up: events.catchUp, both: events.both },
    missed_by_webhooks: overview.missedByWebhooks,
    confirmations: overview.confirmations,
    deliveries_pending: overview.deliveriesPending,
    claims_waiting: overview.claimsWaiting,
    wanted: overview.wanted,
    last_webhook_at: iso(lastWebhook?.at),
    seconds_since_last_webhook: lastWebhook?.secondsAgo ?? null,
    caught_up_until: iso(completeUntil?.at),
    last_complete_window_at: iso(lastCompleteWindow?.at),
    seconds_since_last_complete_window: lastCompleteWindow?.secondsAgo ?? null,
    upstream_hooks: overview.upstreamHooks.map(({ gemName, failureCount, seenAt, risenAt }) => ({
      gem: gemName,
      failures: failureCount,
      seen_at: iso(seenAt),
      failures_rose_at: iso(risenAt),
    })),
    warnings: overview.warnings,
  }
}

function serverText(config: Status['config'], { state, problems }: Readiness): string {
  const reasons = problems.join(' ')
  if (state === 'unreachable') return `not reachable: ${reasons}. GEMHERALD_URL says where it is looked for.`
  return `${state} at ${config.gemheraldUrl}${reasons === '' ? '' : `: ${reasons}`}`
}

function pastText(past: Past | null): string {
  if (past === null) return 'never'
  return `${new Date(past.at).toISOString()} (${span(past.secondsAgo * 1_000)} ago)`
}

/** The receiver's URL is left out: it may end in a token. */
function hooksText({ upstreamHooks }: Overview): string {
  const failing = upstreamHooks.filter(({ failureCount }) => failureCount > 0)
  const failures = failing.map(({ gemName, failureCount }) => `${gemName} ${failureCount}`).join(', ')
  return `${upstreamHooks.length}${failures === '' ? '' : ` (failures: ${failures})`}`
}

function iso(at: number | null | undefined): string | null {
  return typeof at === 'number' ? new Date(at).toISOString() : null
}
