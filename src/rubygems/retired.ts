import { failure, type UpstreamFailure } from './result.js'

/** Endpoints that RubyGems.org had once (protocol/rubygems-api.md §5.6, §5.12, §5.16, §5.18). */
export type RetiredEndpoint = 'daily_downloads' | 'unyank' | 'api_key' | 'dependencies'

/** Refuses to ask such an endpoint, and says what to use in its place. Nothing is sent. */
export function refuseRetired(endpoint: RetiredEndpoint): UpstreamFailure {
  return failure('gone', `RubyGems.org ${reasons[endpoint]}`)
}

const reasons: Record<RetiredEndpoint, string> = {
  daily_downloads:
    'no longer counts downloads by day (410): ask downloads/NAME-NUMBER for the sum up to now.',
  unyank: 'no longer restores yanked releases (403): push the gem with a higher number.',
  api_key:
    'no longer hands out API keys (410 since 2026-07-23): create one at https://rubygems.org/profile/api_keys.',
  dependencies:
    'no longer serves dependencies as Marshal (404 since 2023-05-24): read /info/NAME of the compact index.',
}
