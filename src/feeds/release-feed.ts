import type { Message } from '../delivery.js'
import { knownPrevious, type PreviousOf } from '../known-previous.js'
import type { EventRow } from '../ledger/events.js'
import { readAccepted, wireBody } from '../payload.js'
import { label } from '../plain-text.js'
import { releasePath } from '../web/releases/release-path.js'
import type { Entry, Feed } from './atom.js'
import { feedId } from './feed-id.js'
import { messageEntry } from './message-entry.js'
import type { FeedParts } from './parts.js'

const mostEntries = 50
const eventsAtOnce = 100
const mostReads = 5

/** The newest releases, of one gem or of all: only what may be told. */
export function releaseFeed(gem: string | null, parts: FeedParts): Feed {
  const { ledger, publicUrl } = parts
  const previousOf = knownPrevious(ledger)
  const entries = byVersion(toldEvents(gem, parts))
    .slice(0, mostEntries)
    .flatMap((events) => entryOf(events, previousOf, parts))
  return {
    id: feedId(ledger.installation, 'releases', ...(gem === null ? [] : [gem])),
    title: gem === null ? 'Releases of gems' : `Releases of ${gem}`,
    self: `${publicUrl()}${gem === null ? '/feed.atom' : `/gems/${encodeURIComponent(gem)}.atom`}`,
    page: `${publicUrl()}/${gem === null ? '' : `?${new URLSearchParams({ gem })}`}`,
    entries,
  }
}

/** Newest first. What the upstream refutes or has still to be asked about is nobody's business yet. */
function toldEvents(gem: string | null, { ledger }: FeedParts): EventRow[] {
  const told: EventRow[] = []
  let before: number | null = null
  for (let read = 0; read < mostReads && told.length < eventsAtOnce; read++) {
    const events: EventRow[] = ledger.events.list(nobody, gem === null ? {} : { gem }, {
      before,
      limit: eventsAtOnce,
    })
    told.push(...events.filter(isTold))
    before = events.at(-1)?.id ?? null
    if (events.length < eventsAtOnce) break
  }
  return told
}

// No account has this id, and none is asked about.
const nobody = 0

function isTold({ checking, confirmation }: EventRow): boolean {
  return !checking && confirmation !== 'refuted' && confirmation !== 'redundant'
}

/** Events of one kind about one version stand together, the newest ones first. */
function byVersion(events: readonly EventRow[]): EventRow[][] {
  const groups = new Map<string, EventRow[]>()
  for (const event of events) {
    const group = groups.get(versionOf(event))
    if (group === undefined) groups.set(versionOf(event), [event])
    else group.push(event)
  }
  return [...groups.values()]
}

function versionOf({ gemName, number, kind }: EventRow): string {
  return [gemName, number, kind].join('\n')
}

/** None when the payload is no longer there. */
function entryOf(events: readonly EventRow[], previousOf: PreviousOf, parts: FeedParts): Entry[] {
  const { ledger, publicUrl } = parts
  const [newest] = events
  const main = events.find(({ platform }) => platform === 'ruby') ?? newest
  const bytes = main && ledger.releases.payload(main.id)
  if (newest === undefined || main === undefined || bytes === undefined) return []
  const { gemName, number, kind } = main
  const message = messageOf(main, wireBody(readAccepted(bytes)), previousOf(main) ?? null, parts)
  const about = {
    id: feedId(ledger.installation, 'release', gemName, number, kind),
    updated: newest.receivedAt,
    page: `${publicUrl()}${releasePath(gemName, number)}`,
  }
  const platforms = [...new Set(events.map(({ platform }) => label(platform, 100)))]
  const more = platforms.length > 1 ? [`Platforms: ${platforms.join(', ')}`] : []
  return [messageEntry(message, about, more)]
}

function messageOf(
  { id, kind, gemName, number, receivedAt }: EventRow,
  body: string,
  previous: string | null,
  { gemPage }: FeedParts,
): Message {
  return {
    id: `event ${id}`,
    kind,
    gemName,
    number,
    body,
    gemPage: gemPage(gemName),
    previous,
    origin: 'event',
    occurredAt: receivedAt,
    via: '',
  }
}
