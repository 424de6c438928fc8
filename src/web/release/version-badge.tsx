import type { EventKind } from '../../event.js'
import type { PreviousOf } from '../../known-previous.js'
import type { EventRow } from '../../ledger/events.js'
import { Badge } from '../parts/badge.js'
import { KindBadge } from '../releases/kind-badge.js'
import { rubyFirst } from '../releases/platforms.js'

const mostNamed = 3

interface VersionBadgeProps {
  /** All about the version, newest first. */
  events: readonly EventRow[]
  previousOf: PreviousOf
}

/** What became of a version, over all its platforms: one that is yanked says nothing of the others. */
export function VersionBadge({ events, previousOf }: VersionBadgeProps) {
  const kinds = kindsByPlatform(events)
  const yanked = yankedPlatforms(events)
  if (yanked.length > 0)
    return <Badge tone="bad">{yanked.length === kinds.size ? 'yanked' : partText(yanked, kinds.size)}</Badge>
  const areRestored = kinds.size > 0 && [...kinds.values()].every((kind) => kind === 'restored')
  const shown = events.find(({ kind }) => kind === (areRestored ? 'restored' : 'pushed'))
  return shown === undefined ? null : (
    <KindBadge kind={shown.kind} number={shown.number} previous={previousOf(shown)} />
  )
}

/** The platforms on which the version is yanked by now, `ruby` first. */
export function yankedPlatforms(events: readonly EventRow[]): string[] {
  const kinds = kindsByPlatform(events)
  return rubyFirst([...kinds].flatMap(([platform, kind]) => (kind === 'yanked' ? [platform] : [])))
}

/** What happened last on each platform; what the upstream denies, or has not been asked about, did not. */
function kindsByPlatform(events: readonly EventRow[]): Map<string, EventKind> {
  const certain = events.filter(({ confirmation, checking }) => confirmation !== 'refuted' && !checking)
  // Oldest first, so that the newest of each platform stays.
  return new Map(certain.map(({ platform, kind }) => [platform, kind] as const).reverse())
}

function partText(yanked: readonly string[], all: number): string {
  return yanked.length > mostNamed
    ? `yanked on ${yanked.length} of ${all} platforms`
    : `yanked: ${yanked.join(', ')}`
}
