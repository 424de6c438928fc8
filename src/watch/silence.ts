import { span } from './span.js'

/** What tells whether webhooks fell silent. Times in ms since the epoch. */
export interface Hearing {
  /** Base URL of the upstream. */
  host: string
  /** Whether we want so much that our hook there is on all gems: only then is every release to be heard of. */
  global: boolean
  /** Since when a hook on `*` has wanted it; null when there is none. */
  globalSince: number | null
  /** When gemherald first looked at the upstream; null: never yet. */
  begunAt: number | null
  /** Since when the server listens; null when none is known to. Before that nobody could hear a webhook. */
  listeningSince: number | null
  /** When a webhook last told something new. */
  lastWebhook: number | null
  /** When the newest release that was seen at the upstream was created. Stays as it is while nothing looks there. */
  publishedAt: number | null
  /** So long may no webhook come, ms. */
  silenceMs: number
}

/**
 * The warning that the upstream published a release, but that no webhook has come for longer than `silenceMs`; null when
 * there is nothing to warn of. A clock that is ahead at the upstream puts the warning off; one that was ahead here may bring
 * it too early, until the next webhook comes.
 */
export function silenceWarning(hearing: Hearing, now: number): string | null {
  const { host, global, publishedAt, silenceMs } = hearing
  const since = silentSince(hearing, now)
  if (!global || since === null || publishedAt === null) return null
  if (now - since <= silenceMs || !wasToBeHeard(publishedAt, since, now)) return null
  return (
    `No webhook has come from ${new URL(host).host} for ${span(now - since)}, though it published a release at ` +
    `${new Date(publishedAt).toISOString()}: look whether our hook is still there (gemherald upstream list), whether ` +
    'PUBLIC_URL leads here, and whether the log tells of refused webhooks (RUBYGEMS_API_KEYS).'
  )
}

const graceMs = 60_000

function silentSince(
  { begunAt, lastWebhook, listeningSince, globalSince }: Hearing,
  now: number,
): number | null {
  // A webhook of the future came while the clock was wrong: it says nothing.
  const since = lastWebhook === null || lastWebhook > now ? begunAt : lastWebhook
  return since === null ? null : Math.max(since, listeningSince ?? since, globalSince ?? since)
}

// The upstream's clock is not ours, so a release counts as new only a minute after the last webhook. And the webhook
// of one that is not a minute old may be on its way.
function wasToBeHeard(publishedAt: number, since: number, now: number): boolean {
  return publishedAt > since + graceMs && publishedAt < now - graceMs
}
