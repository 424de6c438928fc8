import type { z } from 'zod'
import type { CachedAsk } from './conditional-cache.js'
import { refuseName } from './names.js'
import type { Lane } from './pace.js'
import { readJson } from './read-json.js'
import { type CallOptions, failure, type UpstreamResult } from './result.js'
import * as schemas from './schemas.js'

/** Reads of the JSON API (protocol/rubygems-api.md §1). All fail with values; names that nothing can have are `invalid`. */
export interface Reads {
  /** The gem with its most recent version; `not_found` when it has no version that is not yanked. */
  gem(name: string, options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamRelease>>
  /** All versions that are not yanked, by number, highest first, platforms apart. */
  versions(name: string, options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamVersion[]>>
  /** The number of the most recent version, a prerelease when there is nothing else; null for a gem without any. */
  latestVersion(name: string, options?: CallOptions): Promise<UpstreamResult<string | null>>
  /** One release, of platform `ruby` unless told; `not_found` when there is none, or it is yanked. */
  release(
    release: { name: string; number: string; platform?: string },
    options?: CallOptions,
  ): Promise<UpstreamResult<schemas.UpstreamRelease>>
  /** One page of at most 30 hits, without `yanked`, `sha` of the gemspec, time and dependencies; pages count from 1. */
  search(
    query: string,
    page?: number,
    options?: CallOptions,
  ): Promise<UpstreamResult<schemas.UpstreamRelease[]>>
  /** At most 30 names of gems for one that is being typed. */
  autocomplete(query: string, options?: CallOptions): Promise<UpstreamResult<string[]>>
  /** The gems of the API key's user. */
  ownGems(options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamRelease[]>>
  /** The gems of a user, by handle or id. */
  gemsOf(user: string, options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamRelease[]>>
  /** The owners of a gem. */
  ownersOf(name: string, options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamOwner[]>>
  /** Names of the gems that depend on a gem in their highest version. */
  reverseDependencies(
    name: string,
    only?: 'runtime' | 'development',
    options?: CallOptions,
  ): Promise<UpstreamResult<string[]>>
  /** Downloads of all gems together. */
  downloads(options?: CallOptions): Promise<UpstreamResult<number>>
  /** Downloads of a release, by full name (`NAME-NUMBER[-PLATFORM]`), and of its gem. */
  versionDownloads(
    fullName: string,
    options?: CallOptions,
  ): Promise<UpstreamResult<{ total: number; version: number }>>
  /** A user, by handle or id. */
  profile(user: string, options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamUser>>
  /** The 50 newest gems, newest first. */
  newestGems(options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamRelease[]>>
  /** The 50 newest versions of gems that were there before: a hint, no complete feed. */
  justUpdated(options?: CallOptions): Promise<UpstreamResult<schemas.UpstreamRelease[]>>
}

/** Asks one path, which is complete but for its host, and reads the answer. */
export type GetJson = <T>(
  path: string,
  schema: z.ZodType<T>,
  options: (CallOptions & { lane?: Lane; keyed?: boolean }) | undefined,
) => Promise<UpstreamResult<T>>

const timeoutMs = 15_000
const maxBytes = 16 * 1024 * 1024

/** Reads of at most 16 MiB, 15 s a try. */
export function createGetJson(ask: CachedAsk): GetJson {
  return async (path, schema, options) => {
    const answer = await ask({
      method: 'GET',
      lane: 'host',
      keyed: false,
      ...options,
      path,
      timeoutMs,
      maxBytes,
    })
    if (!answer.ok) return answer
    const read = readJson(answer.value, path, schema)
    if (!read.ok) ask.forget(path)
    return read
  }
}

export function createReads(get: GetJson): Reads {
  return {
    gem: async (name, options) =>
      refuseName('gem', name) ?? get(`/api/v1/gems/${name}.json`, schemas.release, options),
    versions: async (name, options) =>
      refuseName('gem', name) ?? get(`/api/v1/versions/${name}.json`, schemas.versions, options),
    latestVersion: async (name, options) =>
      refuseName('gem', name) ?? get(`/api/v1/versions/${name}/latest.json`, schemas.latest, options),
    release: async ({ name, number, platform = 'ruby' }, options) =>
      refuseName('gem', name) ??
      refuseName('number', number) ??
      refuseName('platform', platform) ??
      get(`/api/v2/rubygems/${name}/versions/${number}.json?platform=${platform}`, schemas.release, options),
    search: async (query, page = 1, options) =>
      refuseSearch(query, page) ??
      get(`/api/v1/search.json?${new URLSearchParams({ query, page: String(page) })}`, schemas.releases, {
        ...options,
        lane: 'search',
      }),
    autocomplete: async (query, options) =>
      refuseSearch(query, 1) ??
      get(`/api/v1/search/autocomplete.json?${new URLSearchParams({ query })}`, schemas.names, {
        ...options,
        lane: 'search',
      }),
    ownGems: (options) => get('/api/v1/gems.json', schemas.releases, { ...options, keyed: true }),
    gemsOf: async (user, options) =>
      refuseName('user', user) ?? get(`/api/v1/owners/${user}/gems.json`, schemas.releases, options),
    ownersOf: async (name, options) =>
      refuseName('gem', name) ?? get(`/api/v1/gems/${name}/owners.json`, schemas.owners, options),
    reverseDependencies: async (name, only, options) =>
      refuseName('gem', name) ??
      get(
        `/api/v1/gems/${name}/reverse_dependencies.json${only === undefined ? '' : `?only=${only}`}`,
        schemas.names,
        options,
      ),
    downloads: (options) => get('/api/v1/downloads.json', schemas.downloads, options),
    versionDownloads: async (fullName, options) =>
      refuseName('full name', fullName) ??
      get(`/api/v1/downloads/${fullName}.json`, schemas.versionDownloads, options),
    profile: async (user, options) =>
      refuseName('user', user) ?? get(`/api/v1/profiles/${user}.json`, schemas.profile, options),
    newestGems: (options) => get('/api/v1/activity/latest.json', schemas.releases, options),
    justUpdated: (options) => get('/api/v1/activity/just_updated.json', schemas.releases, options),
  }
}

function refuseSearch(query: string, page: number) {
  if (query.trim() === '') return failure('invalid', 'There is nothing to search for: give a query.')
  // Of any other page the upstream shows the first one.
  if (!Number.isInteger(page) || page < 1 || page > 1000)
    return failure('invalid', `Page ${page} is not one from 1 to 1000.`)
  return null
}
