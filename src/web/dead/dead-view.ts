import { fail, ok, type Result } from '../../error.js'
import type { DeliveryCursor, DeliveryFilter } from '../../ledger/delivery-list.js'
import { idIn } from '../id-in.js'
import { pathWith } from '../path-with.js'
import { cursorIn, cursorText } from '../release/cursor.js'
import { utcFieldText, utcTimeIn } from './utc-time.js'

/** Which dead letters: all that are left out is not asked for. */
export type DeadFilter = Pick<DeliveryFilter, 'endpointId' | 'since' | 'until'>

const groupsParameter = 'after'

/** Reads a filter from the fields of a form or an address; `invalid` names the field that makes no sense. */
export function deadFilterIn(field: (name: string) => string | null): Result<DeadFilter> {
  const endpoint = field('endpoint') ?? ''
  const endpointId = idIn(endpoint)
  if (endpoint !== '' && endpointId === null)
    return fail('invalid', 'There is no such endpoint. Choose one of the list.')
  const since = timeIn(field('since'))
  const until = timeIn(field('until'))
  if (since === undefined || until === undefined)
    return fail('invalid', 'Write the times like 2026-09-01T12:00, in UTC.')
  if (since !== null && until !== null && until <= since)
    return fail('invalid', 'The range is empty: its end has to come after its beginning.')
  return ok({
    ...(endpointId === null ? {} : { endpointId }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  })
}

/** The fields that `deadFilterIn` reads. */
export function deadFields({ endpointId, since, until }: DeadFilter): Record<string, string> {
  return {
    ...(endpointId === undefined ? {} : { endpoint: `${endpointId}` }),
    ...(since === undefined ? {} : { since: utcFieldText(since) }),
    ...(until === undefined ? {} : { until: utcFieldText(until) }),
  }
}

/** The address of a list of dead letters. */
export function deadHref(filter: DeadFilter, before: DeliveryCursor | null): string {
  return pathWith('/dead', { ...deadFields(filter), before: before && cursorText(before) })
}

/** The address of the list of endpoints with dead letters, from after `after` on. */
export function groupsHref(filter: DeadFilter, after: number | null): string {
  return pathWith('/dead', { ...deadFields(filter), [groupsParameter]: after })
}

/** Which endpoint that list goes on after, by the address; null: it begins with the first. */
export function groupsAfterIn(query: URLSearchParams): number | null {
  return idIn(query.get(groupsParameter))
}

/** Where the list goes on, by the address. */
export function beforeIn(query: URLSearchParams): DeliveryCursor | null {
  return cursorIn(query.get('before'))
}

/** Whether the filter leaves anything out. */
export function isNarrowed(filter: DeadFilter): boolean {
  return Object.keys(filter).length > 0
}

function timeIn(text: string | null): number | null | undefined {
  return text === null || text === '' ? null : utcTimeIn(text)
}
