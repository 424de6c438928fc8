import { json, type OrgAnswer, type OrgRequest } from './rubygems-org-answer.js'
import type { Catalogue } from './rubygems-org-catalogue.js'

const week = 7 * 24 * 60 * 60 * 1000
const perPage = 30
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** `GET /api/v1/timeframe_versions.json` (protocol/rubygems-api.md §5.11): yanked and unfinished rows included. */
export function timeframeVersions(
  { query, path }: OrgRequest,
  catalogue: Catalogue,
  now: () => number,
): OrgAnswer {
  const wrong = (error: string) => json(400, { error })
  const [from, to] = [query.get('from'), query.get('to')]
  if (from === null || from === '') return wrong("Request is missing param 'from'")
  if (!dateTime.test(from)) return wrong('the from parameter must be iso8601 formatted')
  if (to !== null && !dateTime.test(to)) return wrong('the "to" parameter must be iso8601 formatted')
  const [start, end] = [Date.parse(from), to === null ? now() : Date.parse(to)]
  if (end - start > week) return wrong('the supplied query time range cannot exceed 7 days')
  if (start > end) return wrong('the starting time parameter must be before the ending time parameter')

  const page = Number(query.get('page') ?? '1')
  if (!Number.isInteger(page) || page < 1 || page > 1000) return firstPage(path, query)
  const rows = catalogue.all
    .filter((row) => row.createdAt >= start && row.createdAt <= end)
    .sort((a, b) => a.createdAt - b.createdAt || a.id - b.id)
    .slice((page - 1) * perPage, page * perPage)
  const shown = rows.map((row) => ({ ...catalogue.gemFacts(row), ...catalogue.versionFacts(row) }))
  return json(200, shown, { 'Cache-Control': 'max-age=0, private, must-revalidate' })
}

/** What the upstream does with a page that it does not have. */
export function firstPage(path: string, query: URLSearchParams): OrgAnswer {
  const first = new URLSearchParams(query)
  first.set('page', '1')
  return { status: 302, headers: { Location: `${path}?${first}` }, body: '' }
}
