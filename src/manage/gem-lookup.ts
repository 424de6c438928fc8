import type { Logger } from 'pino'
import type { Releases } from '../ledger/releases.js'
import { isGemName, type Payload } from '../payload.js'
import type { Rubygems } from '../rubygems/client.js'

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
   * hour, a missing one for a minute; that there was none, for ten seconds. For each account by itself: how soon an answer
   * comes would tell what others asked for.
   */
  find(gemName: string, accountId: number): Promise<FoundGem | undefined>
}

interface GemLookupParts {
  releases: Pick<Releases, 'knowsGem'>
  rubygems: Pick<Rubygems, 'gem'>
  /** ms since the epoch */
  now: () => number
  log: Logger
}

/** Builds a lookup that remembers up to 500 answers. */
export function createGemLookup(parts: GemLookupParts): GemLookup {
  const remembered = new Map<string, { gem: FoundGem | undefined; at: number; forMs: number }>()

  const remember = (question: string, gem: FoundGem | undefined, forMs: number) => {
    remembered.delete(question)
    remembered.set(question, { gem, at: parts.now(), forMs })
    const [oldest] = remembered.keys()
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest)
    return gem
  }

  return {
    async find(gemName, accountId) {
      if (parts.releases.knowsGem(gemName)) return { upstream: null }
      if (!isGemName(gemName)) return undefined
      const question = `${accountId} ${gemName}`
      const known = remembered.get(question)
      // Below zero the clock was set back, and nobody knows how old the answer is.
      const ageMs = parts.now() - (known?.at ?? Number.POSITIVE_INFINITY)
      if (known !== undefined && ageMs >= 0 && ageMs < known.forMs) return known.gem
      const answer = await askUpstream(gemName, parts)
      if (answer === 'unclear') return remember(question, { upstream: null }, unclearForMs)
      return answer === 'missing'
        ? remember(question, undefined, missingForMs)
        : remember(question, answer, foundForMs)
    },
  }
}

const mostRemembered = 500
const foundForMs = 3_600_000
const missingForMs = 60_000
const unclearForMs = 10_000
const askForMs = 2_000

async function askUpstream(
  gemName: string,
  { rubygems, log }: GemLookupParts,
): Promise<FoundGem | 'missing' | 'unclear'> {
  const answer = await rubygems.gem(gemName, { withinMs: askForMs })
  if (answer.ok) return { upstream: answer.value.name === gemName ? answer.value : null }
  if (answer.problem.code === 'not_found') return 'missing'
  log.warn(
    { gem: gemName, reason: answer.problem.message },
    'upstream gave no clear answer, so the gem counts as found; check RUBYGEMS_HOST',
  )
  return 'unclear'
}
