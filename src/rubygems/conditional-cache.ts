import type { OutboundAnswer } from '../outbound/client.js'
import type { Ask } from './request.js'
import { failure } from './result.js'

interface Kept {
  conditions: Record<string, string>
  answer: OutboundAnswer
}

const mostAnswers = 500
const mostBytes = 16 * 1024 * 1024
const largestBody = 1024 * 1024

/** Asks, and remembers answers. */
export interface CachedAsk extends Ask {
  /** To be called when an answer turns out to be damaged: otherwise every 304 would bring it back. */
  forget(path: string): void
}

/**
 * Asks with `If-None-Match` and `If-Modified-Since`, and turns a 304 into the answer it stands for. Keeps the latest
 * 500 answers and 16 MiB, of public reads only; every use asks the upstream.
 */
export function withConditions(ask: Ask): CachedAsk {
  const kept = new Map<string, Kept>()
  let bytes = 0

  const forget = (path: string) => {
    bytes -= kept.get(path)?.answer.body.length ?? 0
    kept.delete(path)
  }
  const keep = (path: string, answer: OutboundAnswer) => {
    forget(path)
    const conditions = conditionsFrom(answer)
    if (conditions === null) return
    kept.set(path, { conditions, answer })
    bytes += answer.body.length
    for (const oldest of kept.keys()) {
      if (kept.size <= mostAnswers && bytes <= mostBytes) return
      forget(oldest)
    }
  }

  const askCached: Ask = async (request) => {
    if (request.method !== 'GET' || request.keyed) return ask(request)
    const { path } = request
    const known = kept.get(path)
    const result = await ask({ ...request, headers: { ...known?.conditions, ...request.headers } })
    if (!result.ok) return result
    if (result.value.status !== 304) {
      keep(path, result.value)
      return result
    }
    if (known === undefined)
      return failure('unavailable', `${path} was answered 304, but no earlier answer is at hand.`, {
        status: 304,
      })
    keep(path, known.answer)
    return { ok: true, value: known.answer }
  }
  return Object.assign(askCached, { forget })
}

/** Null when the answer may not or need not be kept. What it says goes back on the wire, so it must look the part. */
function conditionsFrom({ status, headers, body }: OutboundAnswer): Record<string, string> | null {
  if (status !== 200 || body.length > largestBody || /no-store/i.test(headers['cache-control'] ?? ''))
    return null
  const etag = usableEtag(headers.etag)
  const modified = headers['last-modified'] ?? ''
  const conditions = {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(/^[\w ,:+-]{1,64}$/.test(modified) ? { 'if-modified-since': modified } : {}),
  }
  return Object.keys(conditions).length === 0 ? null : conditions
}

/** An ETag fit to be sent back, or null (RFC 9110 §8.8.3). */
export function usableEtag(etag: string | undefined): string | null {
  return etag !== undefined && /^(?:W\/)?"[!#-~]{0,256}"$/.test(etag) ? etag : null
}
