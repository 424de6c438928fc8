import { describe, expect, it } from 'vitest'
import type { RememberedHook } from '../../src/ledger/upstreams.js'
import { hookState } from '../../src/upstream/hook-state.js'
import { risingWarnings, unknownGemWarnings } from '../../src/upstream/hook-warnings.js'

const minute = 60_000
const hour = 60 * minute
const now = Date.parse('2026-11-20T12:00:00.000Z')
const url = 'https://gems.example.org/webhooks/rubygems/token'

const seen = (failureCount: number) => ({ gemName: 'rails', url, failureCount })
const remembered = (
  failureCount: number,
  agoMs: number,
  risenAgoMs: number | null = null,
): RememberedHook => ({
  ...seen(failureCount),
  seenAt: now - agoMs,
  risenAt: risenAgoMs === null ? null : now - risenAgoMs,
})

describe('hookState', () => {
  it.each<[string, number, RememberedHook | undefined]>([
    ['healthy', 0, undefined],
    ['unknown', 4, undefined],
    ['healthy', 4, remembered(4, hour)],
    ['healthy', 0, remembered(4, hour)],
    ['failing (+3 since 2 h)', 7, remembered(4, 2 * hour)],
    ['failing (+1 since 1 min)', 5, remembered(4, 0)],
    ['failing (+1 since 59 min)', 5, remembered(4, 59 * minute, 3 * hour)],
    ['failing (+1 since 3 d)', 5, remembered(4, 72 * hour)],
    ['failing (rose 3 h ago)', 4, remembered(4, hour, 3 * hour)],
    ['failing (rose 24 h ago)', 4, remembered(4, hour, 24 * hour - 1)],
    ['healthy', 4, remembered(4, hour, 24 * hour)],
  ])('%s', (state, count, before) => {
    expect(hookState(seen(count), before, now)).toBe(state)
  })
})

describe('warnings', () => {
  const host = 'https://rubygems.example.org/base'

  it('name hooks whose failures rose within a day, and no URL', () => {
    const hooks = [
      remembered(7, hour, 2 * hour),
      { ...remembered(1, hour, hour), gemName: '*' },
      remembered(9, hour, 24 * hour),
      remembered(9, hour),
    ]
    expect(risingWarnings(hooks, host, now)).toEqual([
      'rubygems.example.org could not deliver to this server: the hook for rails has failed 7 times in all (last seen to rise at 2026-11-20T10:00:00.000Z).',
      'rubygems.example.org could not deliver to this server: the hook for all gems has failed 1 time in all (last seen to rise at 2026-11-20T11:00:00.000Z).',
    ])
  })

  it('name gems that the upstream does not know, in visible letters', () => {
    expect(unknownGemWarnings(['no\u001Bsuch'], host)).toEqual([
      'rubygems.example.org knows no gem no?such, so nothing will be heard of it: check the hooks on it here.',
    ])
  })
})
