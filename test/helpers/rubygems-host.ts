import { type HttpBehaviour, startHttpSink } from './http-sink.js'
import { factsOf } from './webhooks.js'

/** Stands in for RubyGems.org's `GET /api/v1/gems/NAME.json` (protocol/rubygems-api.md #1). */
export interface RubygemsHost {
  /** Base URL: `RUBYGEMS_HOST`. */
  url: string
  /** Names asked for, in order. */
  asked: string[]
  /** Adds a gem. `facts` are keys of its answer that differ from the usual ones. */
  add(name: string, facts?: Record<string, unknown>): void
  /** From now on every request is answered like this, `hang` and `drop` included; null for properly again. */
  fail(behaviour: HttpBehaviour | null): void
  /** Closes the port: from now on connections are refused. */
  close(): Promise<void>
}

/** Starts a host on a port of 127.0.0.1 that knows no gem. */
export async function startRubygemsHost(): Promise<RubygemsHost> {
  const gems = new Map<string, string>()
  const asked: string[] = []
  let failure: HttpBehaviour | null = null
  const sink = await startHttpSink((request) => {
    const name = decodeURIComponent(/^\/api\/v1\/gems\/(.+)\.json$/.exec(request.path)?.[1] ?? '')
    asked.push(name)
    if (failure !== null) return typeof failure === 'function' ? failure(request) : failure
    const gem = gems.get(name)
    if (gem === undefined) return { ...notFound, headers: { 'Content-Type': 'text/plain; charset=utf-8' } }
    return { headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: gem }
  })
  return {
    url: sink.url,
    asked,
    add: (name, facts = {}) => {
      gems.set(name, JSON.stringify(factsOf({ ...facts, name })))
    },
    fail: (behaviour) => {
      failure = behaviour
    },
    close: sink.close,
  }
}

const notFound = { status: 404, body: 'This rubygem could not be found.' }
