import type { ReleaseIdentity } from '../ledger/arrivals.js'
import type { Ledger } from '../ledger/ledger.js'
import type { Reads } from '../rubygems/reads.js'
import type { UpstreamProblem, UpstreamResult } from '../rubygems/result.js'
import type { UpstreamRelease } from '../rubygems/schemas.js'

/** Caches before the upstream may show a release as it was so long ago, in ms (protocol/rubygems-api.md §2). */
export const settlesMs = 5 * 60_000

/**
 * Whether the upstream's word may go before what the ledger has of a release: not when it changed less than `settles` ms
 * ago. `now` in ms since the epoch.
 */
export function mayOverrule(
  { catalog }: Pick<Ledger, 'catalog'>,
  release: ReleaseIdentity,
  now: number,
  settles = settlesMs,
): boolean {
  const known = catalog
    .ofGem(release.gemName)
    .find(({ number, platform }) => number === release.number && platform === release.platform)
  if (known === undefined) return false
  const age = now - known.changedAt
  // A clock that was set back must not make it longer.
  return age < 0 || age >= settles
}

/**
 * Reads one release by itself: what lists say may be old. `gone`: the upstream says that there is no such release, or that it
 * is yanked. `unclear`: what it says is about something else, or it lacks this part of the API.
 */
export async function lookAgain(
  rubygems: Pick<Reads, 'release'>,
  { gemName: name, number, platform }: ReleaseIdentity,
): Promise<UpstreamResult<UpstreamRelease | 'gone' | 'unclear'>> {
  const read = await rubygems.release({ name, number, platform })
  if (!read.ok) return read.problem.code === 'not_found' ? { ok: true, value: meaningOf(read.problem) } : read
  const { value } = read
  const isIt = value.name === name && value.version === number && value.platform === platform
  return isIt && !value.yanked ? read : { ok: true, value: 'unclear' }
}

/** Any other 404 is a host that knows no such path (protocol/rubygems-api.md §2). */
function meaningOf({ text }: UpstreamProblem): 'gone' | 'unclear' {
  return /could not be found/i.test(text ?? '') ? 'gone' : 'unclear'
}

/**
 * Whether the upstream ever had a release: it counts downloads of yanked ones too (protocol/rubygems-api.md §5.12). Without
 * this, all that an upstream has never heard of would be taken for yanked.
 */
export async function hasBeenThere(
  rubygems: Pick<Reads, 'versionDownloads'>,
  { gemName, number, platform }: ReleaseIdentity,
): Promise<UpstreamResult<boolean>> {
  const fullName = `${gemName}-${number}${platform === 'ruby' ? '' : `-${platform}`}`
  const read = await rubygems.versionDownloads(fullName)
  if (!read.ok && read.problem.code !== 'not_found') return read
  return { ok: true, value: read.ok }
}
