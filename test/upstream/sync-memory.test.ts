import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UpstreamHook } from '../../src/rubygems/schemas.js'
import { hookKey, ownHooks } from '../../src/upstream/own-hooks.js'
import type { FailedChange, SyncChange, SyncReport } from '../../src/upstream/sync.js'
import { listedHooks, rememberPlan, rememberReport } from '../../src/upstream/sync-memory.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

const host = 'https://rubygems.example.org'
const receiverUrl = 'https://gems.example.org/webhooks/rubygems/token'
const earlierUrl = 'https://gems.example.org/webhooks/rubygems/old-token'
const foreignUrl = 'https://other.example.org/hook'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const hook = (gemName: string, url = receiverUrl, failureCount = 0): UpstreamHook => ({
  gemName,
  url,
  failureCount,
})
const change = (action: SyncChange['action'], gemName: string, url = receiverUrl): SyncChange => ({
  action,
  gemName,
  url,
})
const done = (...changes: Parameters<typeof change>) => ({ ...change(...changes), text: 'Done.' })
const failed = (code: FailedChange['problem']['code'], ...of: Parameters<typeof change>): FailedChange => ({
  ...change(...of),
  problem: { code, message: 'No.', status: null, text: null, retryAfterMs: null },
})
const memory = (listed: UpstreamHook[], now = testTime) => {
  const { upstreams } = temp.ledger
  return { upstreams, host, own: ownHooks(listed, receiverUrl, upstreams.hooks(host)), now }
}
const remembered = () =>
  temp.ledger.upstreams.hooks(host).map(({ gemName, url, failureCount }) => hook(gemName, url, failureCount))

describe('listedHooks', () => {
  it('gives each of ours once, with the higher count, at earlier URLs too', () => {
    const listed = [
      hook('rails', receiverUrl, 5),
      hook('rails', foreignUrl, 9),
      hook('rails', earlierUrl, 7),
      hook('*', receiverUrl, 1),
      hook('rails', receiverUrl, 3),
    ]
    expect(listedHooks(ownHooks(listed, receiverUrl, [hook('rails', earlierUrl)]))).toEqual([
      hook('rails', receiverUrl, 5),
      hook('*', receiverUrl, 1),
      hook('rails', earlierUrl, 7),
    ])
  })
})

describe('the memory of a sync', () => {
  it('has what is to be added before it is added, and earlier ones until they are removed', () => {
    temp.ledger.upstreams.sawHooks(host, [hook('rake', earlierUrl)], testTime)
    const seen = memory([hook('rake', earlierUrl, 2), hook('rack', foreignUrl)])
    rememberPlan(seen, { add: ['rails'] }, receiverUrl)
    expect(remembered()).toEqual([hook('rails'), hook('rake', earlierUrl, 2)])
    rememberReport(seen, {
      done: [done('add', 'rails'), done('remove_earlier', 'rake', earlierUrl)],
      failed: [],
      left: [],
    })
    expect(remembered()).toEqual([hook('rails')])
  })

  it.each<[string, SyncReport, UpstreamHook[]]>([
    [
      'an addition that failed is forgotten',
      { done: [], failed: [failed('not_found', 'add', 'thor')], left: [change('add', 'pg')] },
      [hook('rake'), hook('rake', earlierUrl)],
    ],
    [
      'one that may have been made is kept',
      { done: [], failed: [failed('unavailable', 'add', 'thor')], left: [] },
      [hook('rake'), hook('rake', earlierUrl), hook('thor')],
    ],
    [
      'what was removed is forgotten, at its own URL only',
      { done: [done('remove', 'rake')], failed: [], left: [] },
      [hook('rake', earlierUrl)],
    ],
    [
      'an earlier one that could not be removed is kept',
      { done: [], failed: [failed('forbidden', 'remove_earlier', 'rake', earlierUrl)], left: [] },
      [hook('rake'), hook('rake', earlierUrl)],
    ],
    [
      'so is one of which a row is left',
      {
        done: [done('remove_earlier', 'rake', earlierUrl)],
        failed: [],
        left: [change('remove_earlier', 'rake', earlierUrl)],
      },
      [hook('rake'), hook('rake', earlierUrl)],
    ],
  ])('%s', (_, report, after) => {
    temp.ledger.upstreams.sawHooks(host, [hook('rake', earlierUrl)], testTime)
    const seen = memory([hook('rake'), hook('rake', earlierUrl)])
    rememberPlan(seen, { add: ['thor', 'pg'] }, receiverUrl)
    rememberReport(seen, report)
    const byKey = (hooks: UpstreamHook[]) => hooks.map(hookKey).sort()
    expect(byKey(remembered())).toEqual(byKey(after))
  })

  it('of a hook that vanished is not that of the one that takes its place', () => {
    temp.ledger.upstreams.sawHooks(host, [hook('rails', receiverUrl, 1)], testTime)
    temp.ledger.upstreams.sawHooks(host, [hook('rails', receiverUrl, 4)], testTime)
    const seen = memory([], testTime + 1)
    rememberPlan(seen, { add: ['rails'] }, receiverUrl)
    rememberReport(seen, { done: [done('add', 'rails')], failed: [], left: [] })
    expect(temp.ledger.upstreams.hooks(host)).toEqual([
      { ...hook('rails'), seenAt: testTime + 1, risenAt: null },
    ])
  })
})
