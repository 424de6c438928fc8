import { previousVersion } from './version.js'

/** What is asked of an event: which release it is about, and what came before, if that is fixed. */
interface EventOfVersion {
  id: number
  gemName: string
  number: string
  platform: string
  previous: string | null
  isPreviousFixed: boolean
}

/** A release of a gem, in order of first sight. */
interface SeenRelease {
  number: string
  platform: string
  yanked: boolean
  /** The event that brought it into its present state. */
  eventId: number
}

/**
 * The release that an event's jump is measured from. Null: no other version was known before. Undefined: none that was known
 * is lower, or they are too many to look through.
 */
export type PreviousOf = (event: EventOfVersion) => string | null | undefined

const mostReleases = 2_000

/**
 * Finds what came before events. Fan-out fixes it, and that is what people were told; for an event that no hook wanted it is
 * the highest lower number among the releases that had been seen by then and were not yanked. Each gem is looked up once.
 */
export function knownPrevious({
  releases,
}: {
  releases: { ofGem(gemName: string): SeenRelease[] }
}): PreviousOf {
  const releasesOf = new Map<string, SeenRelease[]>()
  // Comparing costs far more than reading: a page of rows about one huge gem must not.
  let compared = 0
  return (event) => {
    const { gemName, number, previous, isPreviousFixed } = event
    if (previous !== null) return previous
    const all = releasesOf.get(gemName) ?? releases.ofGem(gemName)
    releasesOf.set(gemName, all)
    compared += all.length
    if (compared > mostReleases) return isPreviousFixed ? null : undefined
    const numbers = numbersBefore(event, all)
    const lower = isPreviousFixed ? null : previousVersion(number, numbers)
    return lower === null && numbers.some((other) => other !== number) ? undefined : lower
  }
}

/** Numbers that were seen before the event's own release, and were not yanked when the event came. */
function numbersBefore({ id, number, platform }: EventOfVersion, all: readonly SeenRelease[]): string[] {
  const own = all.findIndex((release) => release.number === number && release.platform === platform)
  const seen = own === -1 ? all : all.slice(0, own)
  return seen.filter(({ yanked, eventId }) => !yanked || eventId > id).map((release) => release.number)
}
