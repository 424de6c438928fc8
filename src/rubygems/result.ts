import type { ErrorCode, Problem } from '../error.js'

/**
 * What can go wrong with the upstream. `invalid`: asked like this it will never do. `unavailable`: no answer, or none
 * that can be understood; the same request may do later.
 */
export type UpstreamCode = Extract<
  ErrorCode,
  'unauthorized' | 'forbidden' | 'not_found' | 'conflict' | 'gone' | 'throttled' | 'unavailable' | 'invalid'
>

/** A `Problem` with what the upstream itself had to say. */
export interface UpstreamProblem extends Problem {
  code: UpstreamCode
  /** Of the upstream's answer; null when there was none. */
  status: number | null
  /** The upstream's own text, as a stranger wrote it; null when there was none, or only a web page. */
  text: string | null
  /** How long the upstream wants to be left alone, ms from now; null when it did not say. */
  retryAfterMs: number | null
}

/** A `Result` whose problems come from the upstream or from the way there. */
export type UpstreamResult<T> = { ok: true; value: T } | UpstreamFailure

export interface UpstreamFailure {
  ok: false
  problem: UpstreamProblem
}

/** A failure that no answer of the upstream brought about, unless `about` tells otherwise. */
export function failure(
  code: UpstreamCode,
  message: string,
  about: Partial<Omit<UpstreamProblem, 'code' | 'message'>> = {},
): UpstreamFailure {
  return { ok: false, problem: { code, message, status: null, text: null, retryAfterMs: null, ...about } }
}

/**
 * Whether the upstream says itself that there is no such thing. Any other 404 is a host that lacks this part of the API
 * (protocol/rubygems-api.md §2).
 */
export function isDenial({ code, text }: UpstreamProblem): boolean {
  return code === 'not_found' && /could not be found/i.test(text ?? '')
}

/** Bounds of one call. */
export interface CallOptions {
  /**
   * For all of it in ms: own pace, tries and the waits between them. Without it the own pace is waited for as long as
   * it takes, and a `Retry-After` up to 60 s.
   */
  withinMs?: number
}
