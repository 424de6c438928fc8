import type { Payload } from '../payload.js'

const version = '0.0.0.sample'

/** A made-up release of a gem, for test messages when no real one is known. Its `info` says so. */
export function sampleRelease(gemName: string, now: number): Payload {
  const facts = {
    name: gemName,
    downloads: 0,
    version,
    version_created_at: new Date(now).toISOString(),
    version_downloads: 0,
    platform: 'ruby',
    authors: 'gemherald',
    info: `This is a sample, sent to test a hook. ${gemName} has no release ${version}: gemherald has not seen a real one yet.`,
    licenses: null,
    metadata: {},
    yanked: false,
    sha: null,
    spec_sha: null,
    project_uri: `https://rubygems.org/gems/${gemName}`,
    gem_uri: `https://rubygems.org/gems/${gemName}-${version}.gem`,
    homepage_uri: null,
    wiki_uri: null,
    documentation_uri: null,
    mailing_list_uri: null,
    source_code_uri: null,
    bug_tracker_uri: null,
    changelog_uri: null,
    funding_uri: null,
    dependencies: { development: [], runtime: [] },
  }
  return { name: gemName, version, platform: 'ruby', yanked: false, facts }
}
