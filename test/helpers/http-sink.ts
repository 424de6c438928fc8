import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createInbox } from './inbox.js'

/** A request as it came in. */
export interface ReceivedRequest {
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  /** The raw body. */
  body: Buffer
}

/** What to answer: 200 with an empty body unless told. */
export interface HttpAnswer {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/** `hang` never answers; `drop` closes the connection. A function may look at the request and may take its time. */
export type HttpBehaviour =
  | HttpAnswer
  | 'hang'
  | 'drop'
  | ((request: ReceivedRequest) => HttpAnswer | 'hang' | 'drop' | Promise<HttpAnswer | 'hang' | 'drop'>)

/** A real HTTP server on a port of 127.0.0.1 that keeps every request. */
export interface HttpSink {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string
  /** In the order in which they arrived in full. */
  received: ReceivedRequest[]
  /** Sets the answer for a path (without query), or for all paths that have none of their own. Replaces the one before. */
  answer(behaviour: HttpBehaviour): void
  answer(path: string, behaviour: HttpBehaviour): void
  /** Waits until so many requests have arrived, or until the predicate is true of them; rejects after `timeoutMs` (5 s). */
  waitFor(
    what: number | ((received: ReceivedRequest[]) => boolean),
    timeoutMs?: number,
  ): Promise<ReceivedRequest[]>
  /** Closes all connections and the port. */
  close(): Promise<void>
}

/** Starts a sink. Every path gets `behaviour` (200 with an empty body unless told) until `answer` says otherwise. */
export async function startHttpSink(behaviour: HttpBehaviour = {}): Promise<HttpSink> {
  const inbox = createInbox<ReceivedRequest>()
  const behaviours = new Map<string, HttpBehaviour>([['*', behaviour]])
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming)
    if (request === null) return
    inbox.add(request)
    const pathname = request.path.split('?')[0] ?? ''
    await behave(behaviours.get(pathname) ?? behaviours.get('*') ?? {}, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: inbox.all,
    answer(...args: [HttpBehaviour] | [string, HttpBehaviour]) {
      if (args.length === 1) behaviours.set('*', args[0])
      else behaviours.set(args[0], args[1])
    },
    waitFor: inbox.waitFor,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Null when the client went away before its request was complete. */
async function read(incoming: IncomingMessage): Promise<ReceivedRequest | null> {
  const body = await buffer(incoming).catch(() => null)
  if (body === null) return null
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body }
}

async function behave(
  behaviour: HttpBehaviour,
  request: ReceivedRequest,
  response: ServerResponse,
): Promise<void> {
  const answer = typeof behaviour === 'function' ? await behaviour(request) : behaviour
  if (answer === 'hang') return
  if (answer === 'drop') {
    response.destroy()
    return
  }
  response.writeHead(answer.status ?? 200, answer.headers)
  response.end(answer.body ?? '')
}
