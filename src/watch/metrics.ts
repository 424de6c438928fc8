import { version } from '../about.js'
import { by, counter, gauge, type Metric } from './metric.js'
import type { Overview, Past } from './overview.js'

/** The overview as metrics. They name no gem, no account and no URL. What never happened is left out. */
export function metricsOf(overview: Overview): Metric[] {
  return [
    ...eventMetrics(overview),
    ...upstreamMetrics(overview),
    gauge(
      'gemherald_claims_waiting',
      'Events that wait to be checked with the upstream.',
      overview.claimsWaiting,
    ),
    gauge('gemherald_deliveries_pending', 'Deliveries that are still owed.', overview.deliveriesPending),
    gauge('gemherald_build_info', 'The version that runs; always 1.', by('version', { [version]: 1 })),
  ]
}

function eventMetrics({ events, missedByWebhooks, confirmations }: Overview): Metric[] {
  const { webhook, catchUp, both } = events
  return [
    counter('gemherald_events_total', 'Events that were kept.', webhook + catchUp + both),
    // These two are no counters: an event of one source goes over to `both` when the other tells of it, too.
    gauge(
      'gemherald_events_by_source',
      'Events that webhooks alone told of, catching up alone, or both.',
      by('source', { webhook, 'catch-up': catchUp, both }),
    ),
    gauge(
      'gemherald_events_missed_by_webhooks',
      'Events that only catching up found. A webhook that comes late takes its event away again.',
      missedByWebhooks,
    ),
    counter(
      'gemherald_events_confirmation_total',
      'Events by what came of asking the upstream.',
      by('confirmation', confirmations),
    ),
  ]
}

function upstreamMetrics(overview: Overview): Metric[] {
  const { lastWebhook, lastCompleteWindow, completeUntil, upstreamHooks, silence } = overview
  const failures = upstreamHooks.reduce((sum, { failureCount }) => sum + failureCount, 0)
  return [
    ...pastMetrics('last_webhook', 'a webhook last told something new', lastWebhook),
    ...pastMetrics('last_complete_window', 'catching up last came to its end', lastCompleteWindow),
    ...timestamp('complete_until', 'up to which nothing at the upstream was missed', completeUntil),
    gauge('gemherald_upstream_hooks', 'Our own hooks at the upstream.', upstreamHooks.length),
    // No counter: the failures of a hook that is removed go with it.
    gauge(
      'gemherald_upstream_hook_failures',
      'Failures that the upstream counts for our own hooks.',
      failures,
    ),
    gauge(
      'gemherald_upstream_silent',
      '1 when the upstream published, but no webhook has come for longer than SILENCE_MINUTES, else 0.',
      silence === null ? 0 : 1,
    ),
  ]
}

function pastMetrics(name: string, when: string, past: Past | null): Metric[] {
  if (past === null) return []
  return [
    ...timestamp(name, `when ${when}`, past),
    gauge(`gemherald_seconds_since_${name}`, `Seconds since ${when}.`, past.secondsAgo),
  ]
}

function timestamp(name: string, what: string, past: Past | null): Metric[] {
  if (past === null) return []
  const help = `Time ${what}, in seconds since the epoch.`
  return [gauge(`gemherald_${name}_timestamp_seconds`, help, past.at / 1_000)]
}
