import type { Outbound, OutboundAnswer } from '../outbound/client.js'
import { parseUrl } from '../parse-url.js'
import { type Hidden, hider } from './hide.js'
import { createHolds, type Hold } from './holds.js'
import { createPace, type Lane } from './pace.js'
import { problemIn, problemOnTheWay } from './problem.js'
import { type CallOptions, failure, type UpstreamFailure, type UpstreamResult } from './result.js'

/** One request to the upstream. */
export interface UpstreamRequest extends CallOptions {
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query, from the host's root. */
  path: string
  lane: Lane
  /** Whether the API key is sent, and the OTP with it. */
  keyed: boolean
  headers?: Record<string, string>
  body?: string
  /** Of one try, in ms. */
  timeoutMs: number
  maxBytes: number
}

/** Sends a request at the pace the upstream allows. What is ok is 2xx or 304, in full. */
export type Ask = (request: UpstreamRequest) => Promise<UpstreamResult<OutboundAnswer>>

/** What requests need. Times are in ms. What is hidden shows in no answer but in one to a read. */
export interface RequestParts extends Hidden {
  /** Base URL. */
  host: string
  outbound: Pick<Outbound, 'request'>
  /** Since the epoch. */
  now: () => number
  /** Resolves after so long by the clock that `now` shows, or as soon as the signal is aborted. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  /** Once it is aborted nothing waits any more: calls end as what they waited for, or as `unavailable`. */
  signal?: AbortSignal
}

const tries = 3
const longestWaitMs = 60_000
const backoffMs = [500, 2_000]

/**
 * A way to ask one host. Reads are tried three times when the network or the upstream fails (5xx, 429), writes once.
 * A `Retry-After` is kept to by all requests of its lane, for at most 15 minutes.
 */
export function createAsk(parts: RequestParts): Ask {
  const { now, signal } = parts
  const base = parts.host.replace(/\/+$/, '')
  const pace = createPace(now)
  const holds = createHolds(now)
  const hide = hider(parts)

  /** Waits until nothing holds the lane up and it is this request's turn; the failure when that would take too long. */
  const takeTurn = async (lane: Lane, asked: string, deadline: number): Promise<UpstreamFailure | null> => {
    let passed = 0
    for (;;) {
      if (signal?.aborted) return stopping(asked)
      const held = holds.on(lane)
      const gate = pace[lane][passed]
      if (held === null && gate === undefined) return null
      const wait = held?.leftMs ?? gate?.waitMs() ?? 0
      if (held !== null && (wait > longestWaitMs || now() + wait > deadline))
        return leftAlone(asked, base, held)
      if (now() + wait > deadline) return tooBusy(asked)
      if (held === null) gate?.take()
      // Those who were held up would all go at once afterwards: they queue again.
      passed = held === null ? passed + 1 : 0
      if (wait > 0) await parts.sleep(wait, signal)
    }
  }

  const tryOnce = async (request: UpstreamRequest, asked: string, deadline: number) => {
    const answer = await parts.outbound.request({
      url: base + request.path,
      method: request.method,
      headers: headersFor(request, parts),
      ...(request.body === undefined ? {} : { body: request.body }),
      timeoutMs: Math.max(1, Math.min(request.timeoutMs, deadline - now())),
      maxResponseBytes: request.maxBytes,
    })
    if (!answer.ok) return problemOnTheWay(answer.problem, asked, request.method !== 'GET')
    const shown = isReading(request, answer.value) ? answer.value : withHidden(answer.value, hide)
    const problem = problemIn(shown, asked, now())
    if (problem !== null) return problem
    if (shown.truncated && request.method === 'GET') return tooLong(asked, request.maxBytes)
    return { ok: true, value: shown } as const
  }

  return async (request) => {
    const asked = nameOf(request, base)
    const unusable = checkCredentials(request, parts)
    if (unusable !== null) return unusable
    const deadline = now() + (request.withinMs ?? Number.POSITIVE_INFINITY)
    let last: UpstreamFailure | null = null
    for (let tried = 1; ; tried++) {
      const late = await takeTurn(request.lane, asked, deadline)
      if (late !== null) return last ?? late
      const result = await tryOnce(request, asked, deadline)
      if (result.ok) return result
      holds.keep(request.lane, result, `${request.method} ${pathnameOf(request)}`)
      if (tried === tries || !mayRepeat(request, result)) return result
      const wait = (backoffMs[tried - 1] ?? 0) * (0.5 + parts.random())
      if (now() + wait > deadline) return result
      await parts.sleep(wait, signal)
      last = result
    }
  }
}

/** What messages call a request: a query may hold a hook's URL, and the host's URL a password. */
function nameOf(request: UpstreamRequest, base: string): string {
  const host = parseUrl(base)?.host ?? ''
  return `${request.method} ${host}${pathnameOf(request)}`
}

function pathnameOf({ path }: UpstreamRequest): string {
  return path.split('?')[0] ?? ''
}

function headersFor(
  { keyed, headers, body }: UpstreamRequest,
  { apiKey, otp }: RequestParts,
): Record<string, string> {
  return {
    accept: 'application/json',
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(keyed && apiKey !== undefined ? { authorization: apiKey } : {}),
    ...(keyed && otp !== undefined ? { otp } : {}),
  }
}

function isReading({ method }: UpstreamRequest, { status }: OutboundAnswer): boolean {
  return method === 'GET' && (status < 300 || status === 304)
}

/** The words of an answer, and where it leads, for people to read. */
function withHidden(answer: OutboundAnswer, hide: (text: string) => string): OutboundAnswer {
  const { headers, body } = answer
  const location = headers.location === undefined ? {} : { location: hide(headers.location) }
  return { ...answer, headers: { ...headers, ...location }, body: Buffer.from(hide(body.toString('utf8'))) }
}

/** Nothing that a header cannot carry gets as far as the wire. */
function checkCredentials({ keyed }: UpstreamRequest, { apiKey, otp }: RequestParts): UpstreamFailure | null {
  if (!keyed) return null
  if (apiKey === undefined || apiKey === '')
    return failure('unauthorized', 'This needs an API key of the upstream, and none is configured.')
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(apiKey))
    return failure('unauthorized', 'The API key has characters that no API key has: copy it again.')
  if (otp !== undefined && !/^[!-~]+$/.test(otp))
    return failure('invalid', 'The one-time password has characters that none has: type it again.')
  return null
}

function mayRepeat({ method }: UpstreamRequest, { problem }: UpstreamFailure): boolean {
  if (method !== 'GET' || (problem.retryAfterMs ?? 0) > longestWaitMs) return false
  if (problem.status === null) return problem.code === 'unavailable'
  return problem.status >= 500 || problem.status === 429
}

function stopping(asked: string): UpstreamFailure {
  return failure('unavailable', `${asked} was cut short: gemherald is stopping.`)
}

function leftAlone(asked: string, base: string, { problem, why }: Hold): UpstreamFailure {
  const message = `${asked} was not sent: ${new URL(base).host} ${why}.`
  return { ok: false, problem: { ...problem, message } }
}

function tooBusy(asked: string): UpstreamFailure {
  return failure('throttled', `${asked} was not sent: too many requests wait for their turn.`)
}

function tooLong(asked: string, maxBytes: number): UpstreamFailure {
  const message = `${asked} was answered with more than ${maxBytes} bytes: the rest was not read.`
  // Asked again it would be as long.
  return failure('unavailable', message, { status: 200 })
}
