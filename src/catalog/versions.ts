import { version as ownVersion } from '../about.js'
import type { DatedRelease } from '../ledger/catalog.js'
import { newestRelease } from '../manage/newest-release.js'
import { compareVersions } from '../version.js'
import { type Answer, found, foundListUnlessHeld, foundUnlessHeld, text } from './answer.js'
import { etagOf, type Validators } from './freshness.js'
import type { Call, CatalogParts } from './parts.js'
import { gemAndVersionPayload, versionPayload } from './payloads.js'

/**
 * A gem's live versions, the highest number first, of one number the newest push (protocol/rubygems-api.md §5.8). What
 * happens to the gem while this is written may be in it or not; either way its tag is then out of date.
 */
export function listVersions(call: Call, parts: CatalogParts): Answer | Promise<Answer> {
  const { catalog } = parts.ledger
  const releases = catalog.ofGem(call.name)
  const live = releases.filter(({ yanked }) => !yanked)
  if (live.length === 0) return text(404, 'This rubygem could not be found.')
  return foundListUnlessHeld(
    validatorsOf(releases, call, parts),
    call,
    () => live.sort(highestFirst),
    ({ id }) => versionPayload(catalog.release(id)),
  )
}

/** The number of a gem's most recent live version, `unknown` when there is none (§5.9). */
export function latestVersion(call: Call, { ledger: { catalog } }: CatalogParts): Answer {
  const live = catalog.ofGem(call.name).filter(({ yanked }) => !yanked)
  return found({ version: newestRelease(live)?.number ?? 'unknown' }, call, 'public')
}

/** One live version: of the platform asked for, else of any, the newest push (§5.10). */
export function showVersion(call: Call, parts: CatalogParts): Answer {
  const { catalog } = parts.ledger
  const releases = catalog.ofGem(call.name)
  if (releases.length === 0) return text(404, 'This gem could not be found')
  const platform = call.parameters.get('platform')
  const [build] = releases
    .filter(({ number, yanked }) => number === call.number && !yanked)
    .filter((release) => platform === undefined || platform === '' || release.platform === platform)
    .sort(highestFirst)
  if (build === undefined) return text(404, 'This version could not be found.')
  return foundUnlessHeld(validatorsOf(releases, call, parts), call, () =>
    gemAndVersionPayload(catalog.release(build.id)),
  )
}

function highestFirst(a: DatedRelease, b: DatedRelease): number {
  return compareVersions(b.number, a.number) || b.createdAt - a.createdAt || b.id - a.id
}

/** Whatever happens to any release of a gem makes all answers about it new, as upstream's do. */
function validatorsOf(
  releases: readonly DatedRelease[],
  { path, parameters, format }: Call,
  { ledger: { installation } }: CatalogParts,
): Validators {
  const lastChange = Math.max(...releases.map(({ position }) => position))
  const state = [
    ownVersion,
    installation,
    path,
    String(parameters.get('platform')),
    format,
    String(lastChange),
  ]
  return { etag: etagOf(...state), lastModified: Math.max(...releases.map(({ changedAt }) => changedAt)) }
}
