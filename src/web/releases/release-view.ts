import type { EventKind } from '../../event.js'
import type { EventFilter } from '../../ledger/events.js'
import { isGemName } from '../../payload.js'
import { plain } from '../../plain-text.js'
import { idIn } from '../id-in.js'
import { pathWith } from '../path-with.js'
import { stateNamed } from '../release/delivery-words.js'

/** What the list of releases is asked to show: it stands in the page's address. */
export interface ReleaseView {
  filter: EventFilter
  /** The event that the page begins after; null for the newest. */
  before: number | null
}

export const eventKinds: readonly EventKind[] = ['pushed', 'yanked', 'restored']

const longestSearch = 255

/** Reads the address's query. What makes no sense in it is passed over. */
export function viewOf(query: URLSearchParams): ReleaseView {
  const gem = query.get('gem') ?? ''
  const search = plain(query.get('search'), longestSearch)
  const kind = eventKinds.find((known) => known === query.get('kind'))
  const state = stateNamed(query.get('state'))
  return {
    filter: {
      ...(isGemName(gem) ? { gem } : {}),
      ...(search === '' ? {} : { search }),
      ...(kind === undefined ? {} : { kind }),
      ...(state === undefined ? {} : { state }),
    },
    before: idIn(query.get('before')),
  }
}

/** The address of a view. */
export function hrefOf({ filter, before }: ReleaseView): string {
  const { gem, search, kind, state } = filter
  return pathWith('/', { gem, search, kind, state, before })
}

/** Whether the view leaves anything out. */
export function isNarrow({ filter }: ReleaseView): boolean {
  return Object.keys(filter).length > 0
}
