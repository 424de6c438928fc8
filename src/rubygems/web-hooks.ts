import type { Channel } from '../endpoint.js'
import type { EventKind } from '../event.js'
import type { GetJson } from './reads.js'
import type { Ask, UpstreamRequest } from './request.js'
import { type CallOptions, failure, type UpstreamResult } from './result.js'
import { hooks, type UpstreamHook } from './schemas.js'

/** A gem, or `*` for all, and the URL to be called. */
export interface HookAddress {
  gemName: string
  url: string
}

/** What a gemherald takes beside a hook's address (DESIGN §5). RubyGems.org ignores it. */
export interface HookWishes {
  /** How the endpoint is reached; chosen by its URL unless told. */
  channel?: Channel | undefined
}

/** The same of a test message. */
export interface FireWishes extends HookWishes {
  /** What the message is to tell of; the truth unless told. */
  kind?: Exclude<EventKind, 'restored'> | undefined
}

/** The hooks of the API key's account (protocol/rubygems-webhooks.md §1-§6). What is ok is the upstream's own text. */
export interface WebHooks {
  /** The account's hooks, in the upstream's order. */
  list(options?: CallOptions): Promise<UpstreamResult<UpstreamHook[]>>
  /** Registers a hook; `conflict` when it is registered already, or the URL is not accepted. */
  create(hook: HookAddress & HookWishes, options?: CallOptions): Promise<UpstreamResult<string>>
  /** Removes a hook; `not_found` when the account has no such hook, or there is no such gem. */
  remove(hook: HookAddress, options?: CallOptions): Promise<UpstreamResult<string>>
  /** Has a test message sent, and waits for what came of it; `invalid` with the reason when it failed. */
  fire(hook: HookAddress & FireWishes, options?: CallOptions): Promise<UpstreamResult<string>>
}

const maxBytes = 65_536
const timeoutMs = 15_000
// The upstream itself waits about 10 s for the far side.
const fireTimeoutMs = 30_000

export function createWebHooks(get: GetJson, ask: Ask): WebHooks {
  const write = async (
    call: Pick<UpstreamRequest, 'method' | 'path' | 'body' | 'lane'>,
    options: CallOptions | undefined,
  ): Promise<UpstreamResult<string>> => {
    const timeout = call.lane === 'fire' ? fireTimeoutMs : timeoutMs
    const answer = await ask({ ...options, ...call, keyed: true, maxBytes, timeoutMs: timeout })
    if (!answer.ok) return answer
    const { status, body } = answer.value
    if (status === 304) return failure('unavailable', `${call.path} was answered 304 to a write.`, { status })
    return { ok: true, value: body.toString('utf8') }
  }

  return {
    list: (options) => get('/api/v1/web_hooks.json', hooks, { ...options, keyed: true }),
    create: (hook, options) =>
      write({ method: 'POST', path: '/api/v1/web_hooks.json', lane: 'host', body: form(hook) }, options),
    // In the query, as RubyGems' own client sends it: not every proxy lets a DELETE have a body.
    remove: (hook, options) =>
      write({ method: 'DELETE', path: `/api/v1/web_hooks/remove.json?${form(hook)}`, lane: 'host' }, options),
    fire: (hook, options) =>
      write({ method: 'POST', path: '/api/v1/web_hooks/fire.json', lane: 'fire', body: form(hook) }, options),
  }
}

function form({ gemName, url, channel, kind }: HookAddress & FireWishes): string {
  const wishes = Object.entries({ channel, kind }).filter(([, wish]) => wish !== undefined)
  return new URLSearchParams({ gem_name: gemName, url, ...Object.fromEntries(wishes) }).toString()
}
