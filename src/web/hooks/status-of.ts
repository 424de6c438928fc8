import type { ErrorCode } from '../../error.js'

/** The HTTP status of a page that says why something was not done. */
export function statusOf(code: ErrorCode): number {
  return statuses[code] ?? 422
}

const statuses: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  conflict: 409,
  throttled: 429,
  unavailable: 503,
}
