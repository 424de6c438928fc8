import { type Answer, found } from './answer.js'
import type { Call, CatalogParts, IndexedParts } from './parts.js'
import { gemPayload } from './payloads.js'

const mostListed = 50

/** The newest pushes to gems with two or more versions within six months (protocol/rubygems-api.md §5.15). */
export function listJustUpdated(call: Call, { ledger: { catalog }, now }: CatalogParts): Answer {
  const since = new Date(now())
  since.setUTCMonth(since.getUTCMonth() - 6)
  return found(catalog.justUpdated(since.getTime(), mostListed).map(gemPayload), call, 'public')
}

/** The newest gems that have a stable version, by that version (§5.15). */
export async function listNewGems(
  call: Call,
  { ledger: { catalog }, catchUp }: IndexedParts,
): Promise<Answer> {
  await catchUp(call.gone)
  return found(catalog.ofNewestGems(mostListed).map(gemPayload), call, 'public')
}
