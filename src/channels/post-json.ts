import type { Result } from '../error.js'
import type { Outbound, OutboundAnswer } from '../outbound/client.js'
import { longestResponse } from './report.js'

/** What the channels that speak HTTP need. */
export interface HttpParts {
  outbound: Outbound
  /** ms since the epoch */
  now: () => number
  /** Limit for a whole attempt, ms. */
  attemptMs: number
  /** Limit for connecting, ms. */
  connectMs: number
}

/** Posts a JSON text through the guarded client, once, within the time limits of an attempt. */
export function postJson(
  url: string,
  body: string,
  headers: Record<string, string>,
  { outbound, attemptMs, connectMs }: HttpParts,
): Promise<Result<OutboundAnswer>> {
  return outbound.request({
    url,
    method: 'POST',
    headers: withContentType(headers),
    body,
    timeoutMs: attemptMs,
    connectTimeoutMs: connectMs,
    maxResponseBytes: longestResponse,
  })
}

/** All headers that a channel adds to what the client itself sends. */
export function withContentType(headers: Record<string, string>): Record<string, string> {
  return { ...headers, 'content-type': 'application/json' }
}
