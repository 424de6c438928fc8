import type { Response } from 'express'

/** A whole answer: these headers and no others, but what HTTP itself adds. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

const uncached = { 'Cache-Control': 'private, no-store', 'Surrogate-Control': 'max-age=0' }

/** An answer that an action gives itself, as plain text (protocol/rubygems-webhooks.md §2.4, §2.6). */
export function text(status: number, body: string): Answer {
  return answer(status, { 'Content-Type': 'text/plain; charset=utf-8' }, body)
}

/** An answer that an action gives itself, as JSON. `body` is the JSON text. */
export function json(status: number, body: string): Answer {
  return answer(status, { 'Content-Type': 'application/json; charset=utf-8' }, body)
}

/** `{"error":…}` as JSON. */
export function jsonError(status: number, error: string): Answer {
  return json(status, JSON.stringify({ error }))
}

/** An answer with its own headers beside the ones for caches. */
export function answer(status: number, headers: Record<string, string>, body: string): Answer {
  return { status, headers: { ...headers, ...uncached, Vary: 'Authorization, Cookie' }, body }
}

/** The same answer as it looks when a request does not get as far as its action (§2.6). */
export function stopped(given: Answer): Answer {
  return { ...given, headers: { ...given.headers, Vary: 'Authorization' } }
}

/** Sends an answer without any header that Express adds. */
export function send(res: Response, { status, headers, body }: Answer): void {
  res.removeHeader('X-Powered-By')
  res.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}
