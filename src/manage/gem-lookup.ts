import type { Logger } from 'pino'
import type { Releases } from '../ledger/releases.js'
import type { Outbound } from '../outbound/client.js'
import { isGemName, type Payload, parsePayload } from '../payload.js'

/** A gem that hooks may name. */
export interface FoundGem {
  /** What the upstream said of its newest release, when it had to be asked and its answer could be read. */
  upstream: Payload | null
}

/** Tells gems from names that no gem has. */
export interface GemLookup {
  /**
   * The gem, if the ledger knows it or the upstream does; undefined when neither does. While the upstream gives no
   * clear answer within 2 s, any name that a gem can have counts as found. Clear answers are remembered: a gem for an
   * hour, a missing one for a minute; that there was none, for ten seconds.
   */
  find(gemName: string): Promise<FoundGem | undefined>
}

export interface GemLookupParts {
  releases: Pick<Releases, 'knowsGem'>
  outbound: Pick<Outbound, 'request'>
  /** Base URL of the upstream. */
  rubygemsHost: string
  /** ms since the epoch */
  now: () => number
  log: Logger
}

/** Builds a lookup that remembers up to 500 answers. */
export function createGemLookup(parts: GemLookupParts): GemLookup {
  const remembered = new Map<string, { gem: FoundGem | undefined; until: number }>()

  const remember = (gemName: string, gem: FoundGem | undefined, forMs: number) => {
    remembered.delete(gemName)
    remembered.set(gemName, { gem, until: parts.now() + forMs })
    const [oldest] = remembered.keys()
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest)
    return gem
  }

  return {
    async find(gemName) {
      if (parts.releases.knowsGem(gemName)) return { upstream: null }
      if (!isGemName(gemName)) return undefined
      const known = remembered.get(gemName)
      if (known !== undefined && known.until > parts.now()) return known.gem
      const answer = await askUpstream(gemName, parts)
      if (answer === 'unclear') return remember(gemName, { upstream: null }, unclearForMs)
      return answer === 'missing'
        ? remember(gemName, undefined, missingForMs)
        : remember(gemName, answer, foundForMs)
    },
  }
}

const mostRemembered = 500
const foundForMs = 3_600_000
const missingForMs = 60_000
const unclearForMs = 10_000
const askForMs = 2_000
const largestAnswer = 4 * 1024 * 1024

async function askUpstream(
  gemName: string,
  { outbound, rubygemsHost, log }: GemLookupParts,
): Promise<FoundGem | 'missing' | 'unclear'> {
  const answer = await outbound.request({
    url: `${rubygemsHost.replace(/\/+$/, '')}/api/v1/gems/${encodeURIComponent(gemName)}.json`,
    method: 'GET',
    timeoutMs: askForMs,
    connectTimeoutMs: askForMs,
    maxResponseBytes: largestAnswer,
  })
  const unclear = (reason: string) => {
    log.warn(
      { gem: gemName, reason },
      'upstream gave no clear answer, so the gem counts as found; check RUBYGEMS_HOST',
    )
    return 'unclear' as const
  }
  if (!answer.ok) return unclear(answer.problem.message)
  const { status, body } = answer.value
  if (status === 404) return 'missing'
  if (status !== 200) return unclear(`it answered ${status}`)
  const payload = parsePayload(body)
  return { upstream: payload.ok && payload.value.name === gemName ? payload.value : null }
}
