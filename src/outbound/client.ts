import { Agent } from 'undici'
import type { Result } from '../error.js'
import type { AllowList } from './address.js'
import { GuardedConnector } from './connector.js'
import { readCredentials } from './credentials.js'
import { exchange, type OutboundAnswer } from './exchange.js'
import { checkUrl } from './guard.js'
import { type Lookup, systemLookup } from './lookup.js'

export type { OutboundAnswer } from './exchange.js'

/** One request to the outside. Times are in ms. */
export interface OutboundRequest {
  /** http or https. Its userinfo, if any, is sent as Basic authorization, unless `headers` has an authorization. */
  url: string
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Buffer
  /** For all of it: DNS, connecting, sending, and the last byte of the answer. 15 s unless told. */
  timeoutMs?: number
  /** For DNS, TCP and TLS, and waiting for a free connection. 5 s unless told, 10 s at most. */
  connectTimeoutMs?: number
  /** More of the answer's body is not read. 64 KiB unless told. */
  maxResponseBytes?: number
}

/** The only way out. One per process: it keeps connections. */
export interface Outbound {
  /**
   * Sends the request once: no retry, no redirect followed, nothing inflated. Problems: `forbidden` when the guard
   * refuses, before or while connecting; `invalid` for an unusable URL; `unavailable` for trouble on the way.
   */
  request(request: OutboundRequest): Promise<Result<OutboundAnswer>>
  /** Ends what is under way as `unavailable` and drops all connections. */
  close(): Promise<void>
}

/** Where it goes is decided by `allow` and the public internet. `lookup` stands in for the system's resolver. */
export function createOutbound(options: { allow: AllowList; userAgent: string; lookup?: Lookup }): Outbound {
  const connector = new GuardedConnector(options.allow, options.lookup ?? systemLookup, maxConnectMs)
  const agent = new Agent({ ...pooling, connect: connector.connect })
  return {
    async request(request) {
      const checked = checkUrl(request.url, options.allow)
      if (!checked.ok) return checked
      const url = checked.value
      return exchange(agent, onTheWire(url, request, options.userAgent), url.host, {
        timeoutMs: request.timeoutMs ?? 15_000,
        connectTimeoutMs: Math.min(request.connectTimeoutMs ?? 5_000, maxConnectMs),
        maxResponseBytes: request.maxResponseBytes ?? 65_536,
      })
    },
    close: () => connector.close(),
  }
}

const maxConnectMs = 10_000

const pooling = {
  connections: 1024,
  pipelining: 1,
  // Short: with thousands of hosts, idle connections are what costs memory.
  keepAliveTimeout: 1_000,
  // What a server may ask for in its Keep-Alive header.
  keepAliveMaxTimeout: 30_000,
  maxHeaderSize: 16_384,
  // The exchange has its own clock.
  headersTimeout: 0,
  bodyTimeout: 0,
} satisfies Agent.Options

function onTheWire(url: URL, { method, headers, body }: OutboundRequest, userAgent: string) {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: completeHeaders(url, headers ?? {}, userAgent),
    body: body ?? null,
  }
}

function completeHeaders(url: URL, given: Record<string, string>, userAgent: string): Record<string, string> {
  const lowerCase = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])
  const credentials = readCredentials(url)
  return {
    'user-agent': userAgent,
    ...(credentials.ok && credentials.value !== null ? { authorization: credentials.value } : {}),
    ...Object.fromEntries(lowerCase),
    // Never compressed: what arrives is what was counted.
    'accept-encoding': 'identity',
  }
}
