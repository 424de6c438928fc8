import { createHash } from 'node:crypto'
import { payloadKeys } from '../../src/payload.js'
import { compareVersions, isPrerelease } from '../../src/version.js'
import { iso } from './rubygems-org-answer.js'
import { factsOf } from './webhooks.js'

/** A version row of the stand-in. */
export interface OrgRelease {
  id: number
  name: string
  number: string
  platform: string
  /** ms since the epoch */
  createdAt: number
  /** `unfinished`: its push never ended; only the timeframe shows it. */
  state: 'live' | 'yanked' | 'unfinished'
  sha: string
  /** Keys that differ from the usual ones. */
  facts: Record<string, unknown>
}

/** What a push may say. */
export interface PushOptions {
  platform?: string
  /** ms since the epoch; the stand-in's clock unless told. */
  createdAt?: number
  /** Keys of the gem payload or of the version that differ from the usual ones, such as `info` or `dependencies`. */
  facts?: Record<string, unknown>
  /** Handles of the gem's owners. */
  owners?: string[]
  /** The push never ends: the row appears in the timeframe only. */
  unfinished?: boolean
}

/** The stand-in's gems and versions, and their JSON forms (protocol/rubygems-api.md §4). */
export interface Catalogue {
  all: readonly OrgRelease[]
  push(name: string, number: string, options?: PushOptions): OrgRelease
  /** Throws when there is no such release. */
  find(name: string, number: string, platform?: string): OrgRelease
  setState(release: OrgRelease, state: OrgRelease['state']): void
  hasGem(name: string): boolean
  /** Names in the order in which the gems came. */
  gemNames(): string[]
  /** A gem's rows in the order in which they came. */
  of(name: string): OrgRelease[]
  /** When the gem last changed, ms. */
  updatedAt(name: string): number
  owners(name: string): string[]
  /** The 24 keys. */
  gemFacts(release: OrgRelease): Record<string, unknown>
  /** The 16 keys. */
  versionFacts(release: OrgRelease): Record<string, unknown>
}

/** `baseUrl` is what the payloads' own links start with. */
export function createCatalogue(baseUrl: () => string, now: () => number): Catalogue {
  const all: OrgRelease[] = []
  const gems = new Map<string, { rows: OrgRelease[]; owners: string[]; updatedAt: number }>()
  const of = (name: string) => gems.get(name)?.rows ?? []

  return {
    all,
    push(name, number, options = {}) {
      const { platform = 'ruby', createdAt = now(), facts = {}, owners = [], unfinished = false } = options
      if (of(name).some((row) => row.number === number && row.platform === platform))
        throw new Error(`${name} ${number} (${platform}) was pushed before.`)
      const sha = sha256(`${name} ${number} ${platform}`)
      const state = unfinished ? 'unfinished' : 'live'
      const id = all.length + 1
      const release: OrgRelease = { id, name, number, platform, createdAt, state, sha, facts }
      const gem = gems.get(name) ?? { rows: [], owners: [], updatedAt: 0 }
      gems.set(name, gem)
      gem.rows.push(release)
      gem.owners = [...new Set([...gem.owners, ...owners])]
      gem.updatedAt = now()
      all.push(release)
      return release
    },
    find(name, number, platform = 'ruby') {
      const found = of(name).find((row) => row.number === number && row.platform === platform)
      if (found === undefined) throw new Error(`${name} ${number} (${platform}) was never pushed.`)
      return found
    },
    setState(release, state) {
      release.state = state
      const gem = gems.get(release.name)
      if (gem !== undefined) gem.updatedAt = now()
    },
    hasGem: (name) => gems.has(name),
    gemNames: () => [...gems.keys()],
    of,
    updatedAt: (name) => gems.get(name)?.updatedAt ?? 0,
    owners: (name) => gems.get(name)?.owners ?? [],
    gemFacts: (release) => gemFacts(release, baseUrl()),
    versionFacts,
  }
}

/** Highest number first, then newest push: the upstream's position. */
export function highestFirst(a: OrgRelease, b: OrgRelease): number {
  return compareVersions(b.number, a.number) || b.id - a.id
}

/** The upstream's most recent version of these rows: latest for ruby, else another latest, else the highest. */
export function mostRecent(rows: readonly OrgRelease[]): OrgRelease | undefined {
  const latest = new Map<string, OrgRelease>()
  for (const row of [...rows].sort(highestFirst))
    if (row.state === 'live' && !isPrerelease(row.number) && !latest.has(row.platform))
      latest.set(row.platform, row)
  return latest.get('ruby') ?? [...latest.values()].sort(highestFirst)[0] ?? [...rows].sort(highestFirst)[0]
}

/** `NAME-NUMBER[-PLATFORM]` */
export function fullName(release: OrgRelease): string {
  return `${release.name}-${numberAndPlatform(release)}`
}

/** `NUMBER[-PLATFORM]` */
export function numberAndPlatform({ number, platform }: OrgRelease): string {
  return platform === 'ruby' ? number : `${number}-${platform}`
}

function gemFacts(release: OrgRelease, baseUrl: string): Record<string, unknown> {
  const { name, number, platform, createdAt, state, sha, facts } = release
  return pick(payloadKeys, {
    ...factsOf({ name, version: number, platform }),
    version_created_at: iso(createdAt),
    yanked: state !== 'live',
    sha,
    project_uri: `${baseUrl}/gems/${name}`,
    gem_uri: `${baseUrl}/gems/${fullName(release)}.gem`,
    ...facts,
  })
}

const versionKeys = [
  'authors',
  'built_at',
  'created_at',
  'description',
  'downloads_count',
  'metadata',
  'number',
  'summary',
  'platform',
  'rubygems_version',
  'ruby_version',
  'prerelease',
  'licenses',
  'requirements',
  'sha',
  'spec_sha',
] as const

function versionFacts(release: OrgRelease): Record<string, unknown> {
  const { name, number, platform, createdAt, sha, facts } = release
  const usual = factsOf({ name, version: number, platform })
  return pick(versionKeys, {
    ...usual,
    built_at: '1980-01-02T00:00:00.000Z',
    created_at: iso(createdAt),
    description: usual.info,
    downloads_count: usual.version_downloads,
    number,
    summary: usual.info,
    rubygems_version: '>= 0',
    ruby_version: '>= 3.2.0',
    prerelease: isPrerelease(number),
    requirements: [],
    sha,
    ...facts,
  })
}

function pick(keys: readonly string[], from: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key] ?? null]))
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
