import type { KnownRelease } from '../ledger/releases.js'
import { compareVersions, isPrerelease } from '../version.js'

/**
 * A gem's newest release as RubyGems.org picks the one to fire (protocol/rubygems-webhooks.md §5.3): the highest live
 * stable one for platform ruby, else for another platform, else the highest of all, prereleases and yanked ones
 * included. `undefined` when there are no releases.
 */
export function newestRelease(releases: readonly KnownRelease[]): KnownRelease | undefined {
  const latest = latestOfPlatforms(releases)
  const rank = (release: KnownRelease) =>
    latest.get(release.platform) !== release ? 0 : release.platform === 'ruby' ? 2 : 1
  const [newest] = [...releases].sort((a, b) => rank(b) - rank(a) || newerFirst(a, b))
  return newest
}

function latestOfPlatforms(releases: readonly KnownRelease[]): Map<string, KnownRelease> {
  const stable = releases.filter((release) => !release.yanked && !isPrerelease(release.number))
  // Oldest first, so that the newest of each platform stays.
  return new Map(stable.sort((a, b) => newerFirst(b, a)).map((release) => [release.platform, release]))
}

function newerFirst(a: KnownRelease, b: KnownRelease): number {
  return compareVersions(b.number, a.number) || b.id - a.id
}
