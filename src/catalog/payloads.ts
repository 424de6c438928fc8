import type { CatalogRelease } from '../ledger/catalog.js'
import { payloadKeys } from '../payload.js'
import { isPrerelease } from '../version.js'

type Facts = Record<string, unknown>

/** A release as the 24 keys of a gem (protocol/rubygems-api.md §4). What the ledger was not told is null. */
export function gemPayload(release: CatalogRelease): Facts {
  const facts: Facts = {
    ...factsOf(release),
    name: release.gemName,
    version: release.number,
    version_created_at: isoTime(release.createdAt),
    platform: release.platform,
    yanked: release.yanked,
  }
  return Object.fromEntries(payloadKeys.map((key) => [key, facts[key] ?? null]))
}

/**
 * A release as the 16 keys of a version. Webhooks do not tell when it was built, its summary and what it requires, and
 * of the description only what they call info.
 */
export function versionPayload(release: CatalogRelease): Facts {
  const { authors, info, version_downloads, metadata, licenses, sha, spec_sha } = gemPayload(release)
  return {
    authors,
    built_at: null,
    created_at: isoTime(release.createdAt),
    description: info === noInfo ? null : info,
    downloads_count: version_downloads,
    metadata,
    number: release.number,
    summary: null,
    platform: release.platform,
    rubygems_version: null,
    ruby_version: null,
    prerelease: isPrerelease(release.number),
    licenses,
    requirements: null,
    sha,
    spec_sha,
  }
}

/** Both of them in one: 34 keys, the gem's first. */
export function gemAndVersionPayload(release: CatalogRelease): Facts {
  return { ...gemPayload(release), ...versionPayload(release) }
}

/** A release as the 20 keys of a search hit. */
export function searchHit(release: CatalogRelease): Facts {
  const facts = gemPayload(release)
  return Object.fromEntries(hitKeys.map((key) => [key, facts[key]]))
}

/** What a release's payload says; nothing when it cannot be read. */
export function factsOf({ payload }: Pick<CatalogRelease, 'payload'>): Facts {
  try {
    const facts: unknown = JSON.parse(payload.toString())
    return typeof facts === 'object' && facts !== null ? (facts as Facts) : {}
  } catch {
    return {}
  }
}

const noInfo = 'This rubygem does not have a description or summary.'

const hitKeys = [
  'name',
  'downloads',
  'version',
  'version_downloads',
  'platform',
  'authors',
  'info',
  'licenses',
  'metadata',
  'sha',
  'project_uri',
  'gem_uri',
  'homepage_uri',
  'wiki_uri',
  'documentation_uri',
  'mailing_list_uri',
  'funding_uri',
  'source_code_uri',
  'bug_tracker_uri',
  'changelog_uri',
]

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
