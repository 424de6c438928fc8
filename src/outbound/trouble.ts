import { errors } from 'undici'
import type { Problem } from '../error.js'

/** A problem on its way through a socket's or undici's error channel. */
export class OutboundError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

/** What went wrong on the wire to `host`, as a problem. An error that is not network trouble is a bug: thrown again. */
export function explain(error: unknown, host: string): Problem {
  if (error instanceof OutboundError) return error.problem
  if (error instanceof errors.HTTPParserError) return unavailable(`${host}: the answer is not HTTP/1.1`)
  const code = codeOf(error)
  if (misuse.has(code) || !wireCode.test(code)) throw error
  return unavailable(`${host}: ${reasons[code] ?? `the exchange failed (${code})`}`)
}

/** A problem that may pass: the same request may succeed later. */
export function unavailable(message: string): Problem {
  return { code: 'unavailable', message }
}

// System errors, undici, and what TLS and streams have to say after the handshake.
const wireCode = /^(E[A-Z]+|UND_ERR_\w+|ERR_(SSL|TLS|STREAM|SOCKET)_\w+)$/

const misuse = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

const closed = 'the connection was closed before the answer was complete'

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_HEADERS_OVERFLOW: 'the answer has more than 16 KiB of headers',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not as long as it says',
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
