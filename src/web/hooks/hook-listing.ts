import type { EndpointRow } from '../../ledger/endpoints.js'
import type { GemHooks } from '../../ledger/hook-list.js'
import type { Ledger } from '../../ledger/ledger.js'
import { endpointIdIn } from './endpoint-id.js'
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
  const page = { after: endpointIdIn(view.after), limit: perPage + 1 }
  const found = endpoints.list(accountId, filterOf(view), page)
  const rows = found.slice(0, perPage)
  return { by: 'endpoint', endpoints: rows, next: found.length > perPage ? `${rows.at(-1)?.id}` : null }
}

function listByGem({ hookList }: Pick<Ledger, 'hookList'>, accountId: number, view: HooksView): HookListing {
  const page = { after: view.after, limit: perPage + 1, perGem }
  const found = hookList.byGem(accountId, filterOf(view), page)
  const gems = found.slice(0, perPage)
  return { by: 'gem', gems, next: found.length > perPage ? (gems.at(-1)?.gemName ?? null) : null }
}

function filterOf({ gem, search }: HooksView): { gem?: string; search?: string } {
  return { ...(gem === null ? {} : { gem }), ...(search === null ? {} : { search }) }
}
