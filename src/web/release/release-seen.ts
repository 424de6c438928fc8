import type { EventRow } from '../../ledger/events.js'
import type { Ledger } from '../../ledger/ledger.js'
import { type Payload, readAccepted } from '../../payload.js'
import { rubyFirst } from '../releases/platforms.js'

/** The event whose payload tells most of a version on one platform, and that payload. */
export interface ReleaseSeen {
  event: EventRow
  payload: Payload
}

/** The platforms that events are about, `ruby` first. */
export function platformsOf(events: readonly EventRow[]): string[] {
  return rubyFirst([...new Set(events.map(({ platform }) => platform))])
}

/** What is known of a version on a platform, or on another one if need be; undefined without any event. */
export function releaseSeen(
  { releases }: Pick<Ledger, 'releases'>,
  events: readonly EventRow[],
  platform: string,
): ReleaseSeen | undefined {
  const event = bestOf(events.filter((one) => one.platform === platform)) ?? bestOf(events)
  const bytes = event === undefined ? undefined : releases.payload(event.id)
  return event === undefined || bytes === undefined ? undefined : { event, payload: readAccepted(bytes) }
}

/** What is known of the release before an event's, number `previous`; undefined where that is nothing. */
export function releaseBefore(
  ledger: Pick<Ledger, 'events' | 'releases'>,
  { gemName, platform }: EventRow,
  previous: string | null,
): ReleaseSeen | undefined {
  return releaseSeen(ledger, previous === null ? [] : ledger.events.ofVersion(gemName, previous), platform)
}

/** The newest one; what the upstream denies, or nobody has asked it about, comes after all others. */
function bestOf(events: readonly EventRow[]): EventRow | undefined {
  return events.find(({ confirmation, checking }) => confirmation !== 'refuted' && !checking) ?? events[0]
}
