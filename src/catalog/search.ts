import { type Answer, foundList, jsonError, text } from './answer.js'
import { offsetOf, pageSize } from './page.js'
import type { Call, IndexedParts } from './parts.js'
import { searchHit } from './payloads.js'

const longestQuery = 500

/**
 * Gems by name and info (protocol/rubygems-api.md §5.2). Words are looked for as they stand, all of them; there is no
 * query language.
 */
export async function searchGems(
  call: Call,
  { ledger: { catalog }, catchUp }: IndexedParts,
): Promise<Answer> {
  const offset = offsetOf(call, ['query'])
  if (typeof offset !== 'number') return offset
  const query = call.parameters.get('query')?.trim().toLowerCase() ?? ''
  if (query === '') return jsonError(400, "Request is missing param 'query'")
  if ([...query].length > longestQuery || /\[[^\]]*\sTO\s[^\]]*\]/i.test(query))
    return text(400, 'Invalid search query. Please simplify your search and try again.')
  await catchUp(call.gone)
  const terms = [...new Set(query.split(/\s+/))]
  return foundList(catalog.search(query, terms, pageSize, offset), searchHit, call, 'private')
}
