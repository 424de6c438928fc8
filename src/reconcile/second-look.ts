import type { ReleaseIdentity } from '../ledger/arrivals.js'
import type { DatedRelease } from '../ledger/catalog.js'
import type { Ledger } from '../ledger/ledger.js'
import { fullNameOf } from '../rubygems/names.js'
import type { Reads } from '../rubygems/reads.js'
import { isDenial, type UpstreamResult } from '../rubygems/result.js'
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
  const known = knownAs(catalog, release)
  if (known === undefined) return false
  const age = now - known.changedAt
  // A clock that was set back must not make it longer.
  return age < 0 || age >= settles
}

/** What the ledger has of a release; undefined when that is nothing. */
export function knownAs(
  catalog: Ledger['catalog'],
  { gemName, number, platform }: ReleaseIdentity,
): DatedRelease | undefined {
  return catalog.ofGem(gemName).find((one) => one.number === number && one.platform === platform)
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
  if (!read.ok) {
    if (isDenial(read.problem)) return { ok: true, value: 'gone' }
    return read.problem.code === 'not_found' ? { ok: true, value: 'unclear' } : read
  }
  const { value } = read
  const isIt = value.name === name && value.version === number && value.platform === platform
  return isIt && !value.yanked ? read : { ok: true, value: 'unclear' }
}

/**
 * Whether the upstream ever had a release: it counts downloads of yanked ones too (protocol/rubygems-api.md §5.12). Without
 * this, all that an upstream has never heard of would be taken for yanked.
 */
export async function hasBeenThere(
  rubygems: Pick<Reads, 'versionDownloads'>,
  release: ReleaseIdentity,
): Promise<UpstreamResult<boolean>> {
  const read = await rubygems.versionDownloads(fullNameOf(release))
  if (!read.ok && read.problem.code !== 'not_found') return read
  return { ok: true, value: read.ok }
}
