import { newestRelease } from '../manage/newest-release.js'
import { type Answer, found, text } from './answer.js'
import type { Call, CatalogParts } from './parts.js'
import { gemPayload } from './payloads.js'

/** A gem by its most recent version (protocol/rubygems-api.md §5.1); 404 when none of its versions is live. */
export function showGem(call: Call, { ledger: { catalog } }: CatalogParts): Answer {
  const releases = catalog.ofGem(call.name)
  const newest = newestRelease(releases)
  const isLive = releases.some(({ yanked }) => !yanked)
  if (newest === undefined || !isLive) return withCors(text(404, 'This rubygem could not be found.'))
  return withCors(found(gemPayload(catalog.release(newest.id)), call, 'public'))
}

/** What browsers ask before they fetch a gem from another site's page. */
export function preflight(): Answer {
  const { status, headers, body } = withCors(text(200, ''))
  const allowed = { 'Access-Control-Allow-Headers': 'X-Requested-With, X-Prototype-Version' }
  return { status, headers: { ...headers, ...allowed }, body }
}

function withCors({ status, headers, body }: Answer): Answer {
  const cors = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET',
    'Access-Control-Max-Age': '1728000',
  }
  return { status, headers: { ...headers, ...cors }, body }
}
