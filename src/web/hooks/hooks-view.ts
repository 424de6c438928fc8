import { isGemName } from '../../payload.js'
import { pathWith } from '../path-with.js'

/** What the page of hooks is asked to show: it stands in the page's address. */
export interface HooksView {
  by: 'endpoint' | 'gem'
  /** Only endpoints with a hook on that gem, or on `*`. */
  gem: string | null
  search: string | null
  /** What the page begins after: id of an endpoint, or name of a gem; null for the first page. */
  after: string | null
}

const longestSearch = 255

/** Reads the address's query. What makes no sense in it is passed over. */
export function viewOf(query: URLSearchParams): HooksView {
  const gem = query.get('gem') ?? ''
  const after = query.get('after') ?? ''
  return {
    by: query.get('by') === 'gem' ? 'gem' : 'endpoint',
    gem: gem === '*' || isGemName(gem) ? gem : null,
    search: (query.get('search') ?? '').trim().slice(0, longestSearch) || null,
    after: after === '' ? null : after,
  }
}

/** The address of a view, with changes. */
export function hrefOf(view: HooksView, changes: Partial<HooksView> = {}): string {
  const { by, gem, search, after } = { ...view, ...changes }
  return pathWith('/hooks', { by: by === 'endpoint' ? null : by, gem, search, after })
}
