import { StringDecoder } from 'node:string_decoder'
import type { Attempt } from '../delivery.js'

/** What one try came to, before it is timed. */
export type Report = Omit<Attempt, 'startedAt' | 'durationMs'>

/** How much of an answer is kept, bytes. */
export const longestResponse = 64 * 1024

/** A try that ended before the far side said anything. */
export function unanswered(verdict: 'retry' | 'dead', error: string): Report {
  return {
    verdict,
    statusCode: null,
    headers: null,
    response: null,
    error,
    retryAfterMs: null,
    endpointGone: false,
  }
}

/** What the far side said, as text of at most 64 KiB of UTF-8. Bytes that are not UTF-8 become U+FFFD. */
export function keepText(said: Buffer): string {
  const text = decode(said)
  // U+FFFD takes three bytes where the broken one took one.
  return Buffer.byteLength(text) <= longestResponse ? text : decode(Buffer.from(text))
}

/** Leaves out a character that the limit cuts in two. */
function decode(bytes: Buffer): string {
  return new StringDecoder('utf8').write(bytes.subarray(0, longestResponse))
}
