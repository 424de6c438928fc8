import { isPrerelease } from '../../src/version.js'
import type { Accounts } from './rubygems-org-accounts.js'
import { conditional, json, type OrgAnswer, type OrgRequest, text } from './rubygems-org-answer.js'
import {
  type Catalogue,
  fullName,
  highestFirst,
  mostRecent,
  type OrgRelease,
} from './rubygems-org-catalogue.js'
import { firstPage, timeframeVersions } from './rubygems-org-timeframe.js'

type Read = (request: OrgRequest, parameters: string[]) => OrgAnswer

/** The reads of the JSON API (protocol/rubygems-api.md §1, §5), `.json` only; null for paths of other parts. */
export function createReads(
  catalogue: Catalogue,
  accounts: Accounts,
  now: () => number,
): (request: OrgRequest) => OrgAnswer | null {
  const live = (name: string) => catalogue.of(name).filter((row) => row.state === 'live')
  const gemAnswer = (rows: (OrgRelease | undefined)[]) =>
    rows.filter((row) => row !== undefined).map(catalogue.gemFacts)
  const ownedBy = (handle: string) =>
    catalogue.gemNames().filter((name) => catalogue.owners(name).includes(handle))

  const gem: Read = (request, [name = '']) => {
    const shown = mostRecent(live(name))
    if (shown === undefined) return noGem
    return conditional(request, json(200, catalogue.gemFacts(shown), shared), null)
  }
  const versions: Read = (request, [name = '']) => {
    const rows = live(name).sort(highestFirst)
    if (rows.length === 0) return noGem
    return conditional(
      request,
      json(200, rows.map(catalogue.versionFacts), shared),
      catalogue.updatedAt(name),
    )
  }
  const latest: Read = (request, [name = '']) => {
    const version = mostRecent(live(name))?.number ?? 'unknown'
    return conditional(request, json(200, { version }, shared), null)
  }
  const version: Read = (request, [name = '', number = '']) => {
    if (!catalogue.hasGem(name)) return text(404, 'This gem could not be found')
    const platform = request.query.get('platform')
    const [row] = live(name)
      .filter((one) => one.number === number && (platform === null || one.platform === platform))
      .sort(highestFirst)
    if (row === undefined) return text(404, 'This version could not be found.')
    const shown = { ...catalogue.gemFacts(row), ...catalogue.versionFacts(row) }
    return conditional(request, json(200, shown, shared), catalogue.updatedAt(name))
  }
  const search: Read = ({ query, path }) => {
    const asked = query.get('query') ?? ''
    if (asked.trim() === '') return json(400, { error: "Request is missing param 'query'" })
    if (asked.length > 500 || / TO /.test(asked))
      return text(400, 'Invalid search query. Please simplify your search and try again.')
    const page = Number(query.get('page') ?? '1')
    if (!Number.isInteger(page) || page < 1 || page > 1000) return firstPage(path, query)
    const found = catalogue.gemNames().filter((name) => name.includes(asked) && live(name).length > 0)
    const hits = gemAnswer(found.sort().map((name) => mostRecent(live(name))))
    return json(200, hits.slice((page - 1) * 30, page * 30).map(searchHit))
  }
  const ownGems: Read = (request) => {
    const caller = accounts.authenticate(request)
    if ('refusal' in caller) return caller.refusal
    if (!caller.key.scopes.includes('index_rubygems')) return accounts.denied(request)
    const mine = ownedBy(caller.account.handle).map((name) => mostRecent(live(name)))
    return json(200, gemAnswer(mine), { 'Cache-Control': 'private, no-store' })
  }
  const gemsOf: Read = (_, [user = '']) => {
    const account = accounts.named(user)
    if (account === undefined) return noOwner
    return json(200, gemAnswer(ownedBy(account.handle).map((name) => mostRecent(live(name)))))
  }
  const ownersOf: Read = (_, [name = '']) => {
    if (!catalogue.hasGem(name)) return noGem
    const owners = catalogue.owners(name).map((handle) => accounts.named(handle))
    return json(
      200,
      owners.filter((owner) => owner !== undefined).map(({ id, handle }) => ({ id, handle, role: 'owner' })),
    )
  }
  const reverseDependencies: Read = ({ query }, [name = '']) => {
    if (!catalogue.hasGem(name)) return noGem
    const only = query.get('only')
    const dependents = catalogue.gemNames().filter((dependent) => {
      const [highest] = live(dependent).sort(highestFirst)
      return highest !== undefined && dependsOn(catalogue.gemFacts(highest), name, only)
    })
    return json(200, dependents)
  }
  const downloads: Read = () => {
    const counts = catalogue.gemNames().map((name) => {
      const [row] = catalogue.of(name)
      return row === undefined ? 0 : Number(catalogue.gemFacts(row).downloads)
    })
    return json(200, { total: counts.reduce((sum, count) => sum + count, 0) })
  }
  const versionDownloads: Read = (_, [full = '']) => {
    const row = catalogue.all.find((one) => fullName(one) === full)
    if (row === undefined) return noGem
    const facts = catalogue.gemFacts(row)
    return json(200, { total_downloads: facts.downloads, version_downloads: facts.version_downloads })
  }
  const profile: Read = (_, [user = '']) => {
    const account = accounts.named(user)
    if (account === undefined) return json(404, { error: 'Not Found' })
    return json(200, { id: account.id, handle: account.handle })
  }
  const newestGems: Read = (request) => {
    const newest = catalogue
      .gemNames()
      .reverse()
      .map((name) => mostRecent(live(name)))
      .filter((row) => row !== undefined && !isPrerelease(row.number))
    return conditional(request, json(200, gemAnswer(newest.slice(0, 50)), shared), null)
  }
  const justUpdated: Read = (request) => {
    const since = now() - 183 * 24 * 60 * 60 * 1000
    const recent = (name: string) => live(name).filter((row) => row.createdAt >= since)
    const newestOf = (name: string) => Math.max(...recent(name).map((row) => row.createdAt))
    const gems = catalogue
      .gemNames()
      .filter((name) => recent(name).length >= 2)
      .sort((a, b) => newestOf(b) - newestOf(a))
      .slice(0, 50)
    const rows = gems.flatMap(recent).sort((a, b) => b.createdAt - a.createdAt || b.id - a.id)
    return conditional(request, json(200, gemAnswer(rows.slice(0, 50)), shared), null)
  }

  const routes: [RegExp, Read][] = [
    [/^\/api\/v1\/gems\.json$/, ownGems],
    [/^\/api\/v1\/gems\/([^/]+)\/owners\.json$/, ownersOf],
    [/^\/api\/v1\/gems\/([^/]+)\/reverse_dependencies\.json$/, reverseDependencies],
    [/^\/api\/v1\/gems\/([^/]+)\.json$/, gem],
    [/^\/api\/v1\/versions\/([^/]+)\/latest\.json$/, latest],
    [/^\/api\/v1\/versions\/[^/]+\/downloads(?:\/search)?\.json$/, () => text(410, downloadsGone)],
    [/^\/api\/v1\/versions\/([^/]+)\.json$/, versions],
    [/^\/api\/v2\/rubygems\/([^/]+)\/versions\/([^/]+)\.json$/, version],
    [/^\/api\/v1\/search\.json$/, search],
    [/^\/api\/v1\/owners\/([^/]+)\/gems\.json$/, gemsOf],
    [/^\/api\/v1\/downloads\.json$/, downloads],
    [/^\/api\/v1\/downloads\/([^/]+)\.json$/, versionDownloads],
    [/^\/api\/v1\/profiles\/([^/]+)\.json$/, profile],
    [/^\/api\/v1\/activity\/latest\.json$/, newestGems],
    [/^\/api\/v1\/activity\/just_updated\.json$/, justUpdated],
    [/^\/api\/v1\/timeframe_versions\.json$/, (request) => timeframeVersions(request, catalogue, now)],
    [/^\/api\/v1\/dependencies\.json$/, () => json(404, { error: dependenciesGone, code: 404 })],
  ]
  return (request) => {
    if (request.method !== 'GET') return null
    for (const [pattern, read] of routes) {
      const match = pattern.exec(request.path)
      if (match !== null) return read(request, match.slice(1).map(decodeURIComponent))
    }
    return null
  }
}

const shared = { 'Cache-Control': 'max-age=60, public' }
const noGem = text(404, 'This rubygem could not be found.')
const noOwner = text(404, 'Owner could not be found.')
const downloadsGone = 'This endpoint is not supported anymore'
const dependenciesGone =
  'The dependency API has gone away. See https://blog.rubygems.org/2023/02/22/dependency-api-deprecation.html for more information'

const notInSearch = new Set(['version_created_at', 'yanked', 'spec_sha', 'dependencies'])

function searchHit(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([key]) => !notInSearch.has(key)))
}

function dependsOn(facts: Record<string, unknown>, name: string, only: string | null): boolean {
  const kinds = facts.dependencies as Record<string, { name: string }[]>
  return Object.entries(kinds).some(
    ([kind, list]) => (only === null || only === kind) && list.some((one) => one.name === name),
  )
}
