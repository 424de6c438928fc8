import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A message that arrived, however often it did. */
export interface Arrival {
  /** Where it arrived, such as `/3`. */
  path: string
  /** `NAME NUMBER` of the release that it tells of. */
  release: string
  /** How often it arrived under each `webhook-id`. */
  times: Map<string, number>
  /** ms since the epoch when it first arrived in full. */
  firstAt: number
  /** It was answered 2xx at least once. */
  delivered: boolean
}

/** The sink-side ledger: a real HTTP server on 127.0.0.1 that remembers what arrived, and judges nothing by what the service says. */
export interface Arrivals {
  url: string
  /** By path and release. */
  all(): Arrival[]
  /** Messages delivered, each counted once. */
  readonly delivered: number
  /** Requests that arrived in full. */
  readonly requests: number
  /** Requests that are not answered yet, and whose sender is still there. */
  readonly underWay: number
  /** Requests whose sender went away before it was answered. */
  readonly cut: number
  /** Requests with the `webhook-id` of an earlier one, but another body or path. */
  readonly changed: number
  /** Closes all connections and the port. */
  close(): Promise<void>
}

/** What to answer with which status, perhaps later. */
export type Answer = (request: { path: string; release: string }) => number | Promise<number>

/** Starts a sink; every request is answered 200 at once unless `answer` says otherwise. */
export async function startArrivals(answer: Answer = () => 200): Promise<Arrivals> {
  const arrivals = new Map<string, Arrival>()
  const contents = new Map<string, string>()
  const counted = { requests: 0, delivered: 0, underWay: 0, cut: 0, changed: 0 }

  const take = (path: string, id: string, body: Buffer): Arrival => {
    const { name, version } = JSON.parse(body.toString()) as { name: string; version: string }
    const release = `${name} ${version}`
    const key = `${path} ${release}`
    const known = arrivals.get(key)
    const arrival = known ?? { path, release, times: new Map(), firstAt: Date.now(), delivered: false }
    if (known === undefined) arrivals.set(key, arrival)
    arrival.times.set(id, (arrival.times.get(id) ?? 0) + 1)
    counted.requests += 1
    const content = createHash('sha1').update(path).update(body).digest('base64')
    if ((contents.get(id) ?? content) !== content) counted.changed += 1
    contents.set(id, content)
    return arrival
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request).catch(() => null)
    if (body === null) return
    const arrival = take(request.url ?? '', String(request.headers['webhook-id']), body)
    counted.underWay += 1
    response.once('close', () => {
      counted.underWay -= 1
      if (!response.writableEnded) counted.cut += 1
    })
    const status = await answer(arrival)
    if (response.destroyed) return
    response.writeHead(status).end()
    if (status >= 300 || arrival.delivered) return
    arrival.delivered = true
    counted.delivered += 1
  }

  const server = createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    all: () => [...arrivals.values()],
    get delivered() {
      return counted.delivered
    },
    get requests() {
      return counted.requests
    },
    get underWay() {
      return counted.underWay
    },
    get cut() {
      return counted.cut
    },
    get changed() {
      return counted.changed
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
