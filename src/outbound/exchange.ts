import type { Dispatcher } from 'undici'
import { ok, type Result } from '../error.js'
import { CappedBody } from './capped-body.js'
import { explain, unavailable } from './trouble.js'

/** What came back. `truncated`: the body was longer, and the rest of it was not read. */
export interface OutboundAnswer {
  status: number
  /** Names in lower case; values of a repeated header joined with `, `. */
  headers: Record<string, string>
  body: Buffer
  truncated: boolean
}

/** Bounds of one exchange: times in ms from its start. */
export interface ExchangeLimits {
  timeoutMs: number
  connectTimeoutMs: number
  maxResponseBytes: number
}

/**
 * Sends one request, once, and reads its answer. Network trouble is a problem (`unavailable`, or what the connector
 * refused with); anything else rejects. `host` is what messages call the far side.
 *
 * It is what undici's `request` does, without the stream in between: this way the start of the request is seen, so
 * that the time to connect can be limited for each, and the body can be dropped at the byte.
 */
export function exchange(
  agent: Dispatcher,
  request: Dispatcher.DispatchOptions,
  host: string,
  limits: ExchangeLimits,
): Promise<Result<OutboundAnswer>> {
  return new Promise((resolve, reject) => {
    agent.dispatch(request, new Exchange(host, limits, resolve, reject))
  })
}

class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null
  #status = 0
  #headers: Record<string, string> = {}
  #settled = false
  readonly #body: CappedBody
  readonly #connectTimer: NodeJS.Timeout
  readonly #timer: NodeJS.Timeout

  constructor(
    private readonly host: string,
    limits: ExchangeLimits,
    private readonly resolve: (result: Result<OutboundAnswer>) => void,
    private readonly reject: (bug: unknown) => void,
  ) {
    this.#body = new CappedBody(limits.maxResponseBytes)
    this.#connectTimer = setTimeout(
      () => this.#giveUp(`could not connect within ${limits.connectTimeoutMs / 1000} s`),
      limits.connectTimeoutMs,
    )
    this.#timer = setTimeout(() => this.#giveUp(this.#tooLate(limits.timeoutMs)), limits.timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    clearTimeout(this.#connectTimer)
    this.#controller = controller
    if (this.#settled) controller.abort(new Error('given up before it was sent'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = joinRepeated(headers)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body.push(chunk)) return
    this.#settle()
    this.resolve(this.#answer(true))
    controller.abort(new Error('the rest of the body is not wanted'))
  }

  onResponseEnd(): void {
    this.#settle()
    // undici hands the connection back in an immediate that it is about to set. Whoever sends the next request before
    // that opens another connection, so ours comes after.
    queueMicrotask(() => setImmediate(() => this.resolve(this.#answer(false))))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settle()
    try {
      this.resolve({ ok: false, problem: explain(error, this.host) })
    } catch (bug) {
      this.reject(bug)
    }
  }

  #answer(truncated: boolean): Result<OutboundAnswer> {
    return ok({ status: this.#status, headers: this.#headers, body: this.#body.toBuffer(), truncated })
  }

  #giveUp(reason: string): void {
    this.#settle()
    this.resolve({ ok: false, problem: unavailable(`${this.host}: ${reason}`) })
    this.#controller?.abort(new Error(reason))
  }

  #tooLate(timeoutMs: number): string {
    const within = `within ${timeoutMs / 1000} s`
    return this.#status === 0 ? `no answer ${within}` : `answered ${this.#status}, but not in full ${within}`
  }

  #settle(): void {
    this.#settled = true
    clearTimeout(this.#connectTimer)
    clearTimeout(this.#timer)
  }
}

type IncomingHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

function joinRepeated(headers: IncomingHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))
}
