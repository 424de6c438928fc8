import { setTimeout as delay } from 'node:timers/promises'
import { type CompactIndex, createCompactIndex } from './compact-index.js'
import { withConditions } from './conditional-cache.js'
import { createGetJson, createReads, type Reads } from './reads.js'
import { createAsk, type RequestParts } from './request.js'
import type { CallOptions, UpstreamFailure, UpstreamResult } from './result.js'
import { type RetiredEndpoint, refuseRetired } from './retired.js'
import { readTimeframe, type TimeframePage, type TimeRange } from './timeframe.js'
import { createWebHooks, type WebHooks } from './web-hooks.js'

/** A client of RubyGems.org, or of any host that answers as it does, another gemherald included. */
export interface Rubygems extends Reads, CompactIndex {
  webHooks: WebHooks
  /** Everything created within a range; see `readTimeframe`. */
  timeframe(range: TimeRange, options?: CallOptions): AsyncIterable<UpstreamResult<TimeframePage>>
  /** What asking a retired endpoint comes to: always `gone`, with what to use instead. */
  retired(endpoint: RetiredEndpoint): UpstreamFailure
}

/** What a client is made of. Clock, sleep and chance are the real ones unless told. */
export type RubygemsParts = Omit<RequestParts, 'now' | 'sleep' | 'random'> &
  Partial<Pick<RequestParts, 'now' | 'sleep' | 'random'>>

/**
 * Makes a client; nothing is asked yet. The API key is sent only where it is needed. Make one for each host and key,
 * and keep it: the pace and the answers remembered are its own.
 */
export function createRubygems(parts: RubygemsParts): Rubygems {
  const ask = createAsk({ now: Date.now, sleep, random: Math.random, ...parts })
  const askCached = withConditions(ask)
  const get = createGetJson(askCached)
  return {
    ...createReads(get),
    ...createCompactIndex(ask, askCached),
    webHooks: createWebHooks(get, ask),
    timeframe: (range, options) => readTimeframe(get, range, options),
    retired: refuseRetired,
  }
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}
