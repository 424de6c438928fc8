import type { Channel } from './endpoint.js'
import type { EventKind } from './event.js'
import { retryDelayMs } from './retry.js'

/** A delivery is owed while `pending`; the other three are final. */
export type DeliveryState = 'pending' | 'succeeded' | 'dead' | 'cancelled'

/** What one attempt came to: delivered, to be tried again, or never worth trying again. */
export type Verdict = 'succeeded' | 'retry' | 'dead'

/** What a user is told about one event. It never changes between the attempts of a delivery. */
export interface Message {
  /** Stable for the delivery: the `webhook-id` header, and the left part of an email's Message-ID. */
  id: string
  kind: EventKind
  /** The release's gem and number, as verified. */
  gemName: string
  number: string
  /** JSON text with RubyGems' 24 keys in RubyGems' order (protocol/rubygems-webhooks.md §9). */
  body: string
  /** The gem's page at the upstream: built from the verified name, not from what the body says. */
  gemPage: string
  /** Number of the highest earlier live release of the gem, or null when there is none. */
  previous: string | null
  /** `event`: it happened. `fire`: a person test-fired a real release. `sample`: test-fired, and the release is made up. */
  origin: 'event' | 'fire' | 'sample'
  /** When the event was received, ms since the epoch. */
  occurredAt: number
  /** The installations that it came through, this one last: `Gemherald-Via`. */
  via: string
}

/** All that one attempt needs, so that a worker needs no database (DESIGN law 4). */
export interface Job {
  deliveryId: number
  /** 1 for the first attempt. */
  attempt: number
  channel: Channel
  url: string
  /** Whose endpoint it is. */
  accountId: number
  message: Message
  /** API key of the account that owns the endpoint: signs webhook deliveries. */
  apiKey: string
  /** CIDRs outside the public internet that the server lets outbound requests reach: workers obey them, too. */
  allow: readonly string[]
  /** Where a recipient ends the subscription; only emails have one. */
  unsubscribeUrl: string | null
}

/** One try, as a channel reports it. */
export interface Attempt {
  /** ms since the epoch */
  startedAt: number
  durationMs: number
  verdict: Verdict
  /** HTTP status or SMTP reply code; null when the far side never answered. */
  statusCode: number | null
  /** Headers of an HTTP answer, names as received. */
  headers: Record<string, string> | null
  /** What the far side said, cut to 64 KiB. */
  response: string | null
  /** One sentence when the attempt failed. */
  error: string | null
  /** What the far side asked for in `Retry-After`, ms from the end of the attempt. */
  retryAfterMs: number | null
  /** The far side says that the address is gone for good (HTTP 410): disable the endpoint. */
  endpointGone: boolean
}

/** An attempt, tied to the delivery it was made for. */
export interface Outcome extends Attempt {
  deliveryId: number
  attempt: number
}

/** What becomes of a pending delivery after an attempt. The one table of transitions. */
export type Transition = { state: 'succeeded' | 'dead' } | { state: 'pending'; waitMs: number }

/** Next state after attempt number `attempt` of a pending delivery, counted from when it was last asked for. `random` gives numbers in [0, 1). */
export function afterAttempt(attempt: number, outcome: Attempt, random: () => number): Transition {
  if (outcome.verdict !== 'retry') return { state: outcome.verdict }
  const waitMs = retryDelayMs(attempt, outcome, random)
  return waitMs === null ? { state: 'dead' } : { state: 'pending', waitMs }
}
