/** Why something was refused or could not be done. Each room maps these to its own answers (HTTP status, exit code). */
export type ErrorCode =
  | 'invalid'
  | 'unauthorized'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'unsupported'
  | 'throttled'
  | 'forbidden'
  | 'unavailable'

/** An expected failure: `message` is one sentence that says what happened, to what, and what to do. */
export interface Problem {
  code: ErrorCode
  message: string
}

/** An expected outcome as a value. Bugs are thrown, never returned. */
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })

export const fail = (code: ErrorCode, message: string): { ok: false; problem: Problem } => ({
  ok: false,
  problem: { code, message },
})
