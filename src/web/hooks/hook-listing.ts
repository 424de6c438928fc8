import type { EndpointRow } from '../../ledger/endpoints.js'
import type { GemHooks } from '../../ledger/hook-list.js'
import type { Ledger } from '../../ledger/ledger.js'
import { idIn } from '../id-in.js'
import { onePage } from '../one-page.js'
import type { HooksView } from './hooks-view.js'

/** One page of hooks. `next`: what the page after it begins after; null: there is none. */
export type HookListing =
  | { by: 'endpoint'; endpoints: EndpointRow[]; next: string | null }
  | { by: 'gem'; gems: GemHooks[]; next: string | null }

const perPage = 25
const perGem = 10

/** The page of an account's hooks that a view asks for. */
export function listHooks(
  ledger: Pick<Ledger, 'hookList' | 'endpoints'>,
  accountId: number,
  view: HooksView,
): HookListing {
  return view.by === 'gem' ? listByGem(ledger, accountId, view) : listByEndpoint(ledger, accountId, view)
}

function listByEndpoint(
  { endpoints }: Pick<Ledger, 'endpoints'>,
  accountId: number,
  view: HooksView,
): HookListing {
  const after = idIn(view.after)
  const { rows, last } = onePage(perPage, (limit) =>
    endpoints.list(accountId, filterOf(view), { after, limit }),
  )
  return { by: 'endpoint', endpoints: rows, next: last && `${last.id}` }
}

function listByGem({ hookList }: Pick<Ledger, 'hookList'>, accountId: number, view: HooksView): HookListing {
  const { after } = view
  const { rows, last } = onePage(perPage, (limit) =>
    hookList.byGem(accountId, filterOf(view), { after, limit, perGem }),
  )
  return { by: 'gem', gems: rows, next: last?.gemName ?? null }
}

function filterOf({ gem, search }: HooksView): { gem?: string; search?: string } {
  return { ...(gem === null ? {} : { gem }), ...(search === null ? {} : { search }) }
}
