import type { ReleaseIdentity } from '../ledger/arrivals.js'
import type { Reads } from '../rubygems/reads.js'
import type { UpstreamFailure, UpstreamProblem, UpstreamResult } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'
import { hasBeenThere, lookAgain } from './second-look.js'

/**
 * The second looks of one pass. One that fails costs the others nothing; after five the upstream must be down, and the rest
 * fails without being asked.
 */
export interface Looks {
  /** See `lookAgain`. What has failed once is not asked again. */
  again(release: ReleaseIdentity): Promise<UpstreamResult<UpstreamRelease | 'gone' | 'unclear'>>
  /** See `hasBeenThere`. */
  hasBeenThere(release: ReleaseIdentity): Promise<UpstreamResult<boolean>>
  /** Why the first one failed; null while none has. */
  problem(): UpstreamProblem | null
  /** Whether so many failed that the pass should end. */
  areOver(): boolean
}

const mostFailures = 5

/** Nothing has failed yet. */
export function createLooks(rubygems: Pick<Reads, 'release' | 'versionDownloads'>): Looks {
  const failures = new Map<string, UpstreamFailure>()
  const first = () => failures.values().next().value
  const areOver = () => failures.size >= mostFailures

  const unlessFailed = async <T>(
    { gemName, number, platform }: ReleaseIdentity,
    look: () => Promise<UpstreamResult<T>>,
  ): Promise<UpstreamResult<T>> => {
    const key = `${gemName} ${number} ${platform}`
    const before = failures.get(key) ?? (areOver() ? first() : undefined)
    if (before !== undefined) return before
    const looked = await look()
    if (!looked.ok) failures.set(key, looked)
    return looked
  }

  return {
    again: (release) => unlessFailed(release, () => lookAgain(rubygems, release)),
    hasBeenThere: (release) => unlessFailed(release, () => hasBeenThere(rubygems, release)),
    problem: () => first()?.problem ?? null,
    areOver,
  }
}
