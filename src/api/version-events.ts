import type { EventFilter, EventPage, EventRow } from '../ledger/events.js'
import type { Ledger } from '../ledger/ledger.js'

/** Events about exactly one version of a gem that match, newest first: among the newest 100 of that version. */
export function eventsOfVersion(
  { events }: Pick<Ledger, 'events'>,
  accountId: number,
  { gem, number, search = '', kind, state, since = 0 }: EventFilter & { gem: string; number: string },
  { before, limit }: EventPage,
): EventRow[] {
  if (!gem.toLowerCase().includes(search.toLowerCase())) return []
  return events
    .ofVersion(gem, number)
    .filter((event) => before === null || event.id < before)
    .filter((event) => kind === undefined || event.kind === kind)
    .filter((event) => event.receivedAt >= since)
    .filter(({ id }) => state === undefined || events.counts(accountId, [id])[state] > 0)
    .slice(0, limit)
}
