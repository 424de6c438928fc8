import { type Answer, foundList } from './answer.js'
import type { Call, CatalogParts, IndexedParts } from './parts.js'
import { gemPayload } from './payloads.js'

const mostListed = 50

/** The newest pushes to gems with two or more versions within six months (protocol/rubygems-api.md §5.15). */
export function listJustUpdated(call: Call, { ledger: { catalog }, now }: CatalogParts): Promise<Answer> {
  const since = new Date(now())
  since.setUTCMonth(since.getUTCMonth() - 6)
  return foundList(catalog.justUpdated(since.getTime(), mostListed), gemPayload, call, 'public')
}

/** The newest gems that have a stable version, by that version (§5.15). */
export async function listNewGems(
  call: Call,
  { ledger: { catalog }, catchUp }: IndexedParts,
): Promise<Answer> {
  await catchUp(call.gone)
  return foundList(catalog.ofNewestGems(mostListed), gemPayload, call, 'public')
}
