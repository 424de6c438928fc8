import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

const host = 'https://rubygems.org'
const other = 'https://gems.example.org'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const upstreams = () => temp.ledger.upstreams

describe('progress', () => {
  it('begins once, with now', () => {
    expect(upstreams().progress(host)).toBeUndefined()
    const begun = {
      begunAt: 1000,
      completeUntil: 1000,
      completedAt: null,
      publishedAt: null,
      versionsEtag: null,
    }
    expect(upstreams().begin(host, 1000)).toEqual(begun)
    expect(upstreams().begin(host, 2000)).toEqual(begun)
    expect(upstreams().progress(host)).toEqual(begun)
    expect(upstreams().progress(other)).toBeUndefined()
  })

  it('goes on, and never back', () => {
    upstreams().begin(host, 1000)
    upstreams().begin(other, 1000)
    const complete = (until: number, publishedAt: number | null, now: number) => {
      upstreams().completed(host, { until, publishedAt }, now)
      return upstreams().progress(host)
    }
    expect(complete(2000, null, 2100)).toMatchObject({
      completeUntil: 2000,
      completedAt: 2100,
      publishedAt: null,
    })
    expect(complete(3000, 2500, 3100)).toMatchObject({ completeUntil: 3000, publishedAt: 2500 })
    expect(complete(2500, 2400, 3200)).toMatchObject({
      completeUntil: 3000,
      completedAt: 3200,
      publishedAt: 2500,
    })
    expect(complete(4000, null, 4100)).toMatchObject({ completeUntil: 4000, publishedAt: 2500 })
    expect(complete(5000, 4500, 5100)).toMatchObject({ begunAt: 1000, publishedAt: 4500 })
    expect(upstreams().progress(other)).toMatchObject({ completeUntil: 1000, completedAt: null })
  })

  it('keeps the tag of the copy of /versions, over a restart too', () => {
    upstreams().begin(host, 1000)
    upstreams().keptVersions(host, '"abc"')
    temp.reopen()
    expect(upstreams().progress(host)).toMatchObject({ begunAt: 1000, versionsEtag: '"abc"' })
    upstreams().keptVersions(host, null)
    expect(upstreams().progress(host)).toMatchObject({ versionsEtag: null })
  })
})

describe('hooks at an upstream', () => {
  const hook = (gemName: string, failureCount = 0, url = 'https://here.example/webhooks/rubygems') => ({
    gemName,
    url,
    failureCount,
  })

  it('are remembered as they were last listed', () => {
    expect(upstreams().hooks(host)).toEqual([])
    expect(upstreams().sawHooks(host, [hook('rails'), hook('*', 7)], 1000)).toEqual([])
    expect(upstreams().hooks(host)).toEqual([
      { ...hook('*', 7), seenAt: 1000, risenAt: null },
      { ...hook('rails'), seenAt: 1000, risenAt: null },
    ])
    upstreams().sawHooks(host, [hook('rails')], 2000)
    expect(upstreams().hooks(host)).toEqual([{ ...hook('rails'), seenAt: 2000, risenAt: null }])
    upstreams().sawHooks(host, [], 3000)
    expect(upstreams().hooks(host)).toEqual([])
  })

  it('are told when their failures rise, and when that was is remembered', () => {
    upstreams().sawHooks(host, [hook('rails', 1), hook('rake', 1)], 1000)
    expect(upstreams().sawHooks(host, [hook('rails', 3), hook('rake', 1)], 2000)).toEqual([hook('rails', 3)])
    expect(upstreams().sawHooks(host, [hook('rails', 3), hook('rake', 0)], 3000)).toEqual([])
    expect(upstreams().hooks(host)).toMatchObject([
      { gemName: 'rails', failureCount: 3, seenAt: 3000, risenAt: 2000 },
      { gemName: 'rake', failureCount: 0, seenAt: 3000, risenAt: null },
    ])
    expect(upstreams().sawHooks(host, [hook('rails', 3), hook('rake', 1)], 4000)).toEqual([hook('rake', 1)])
  })

  it('are those of one upstream, and differ by URL', () => {
    const second = hook('rails', 5, 'https://here.example/other')
    upstreams().sawHooks(host, [hook('rails'), second], 1000)
    upstreams().sawHooks(other, [hook('rails', 9)], 1000)
    expect(upstreams().sawHooks(host, [hook('rails', 1), second], 2000)).toEqual([hook('rails', 1)])
    expect(upstreams().hooks(other)).toMatchObject([{ failureCount: 9, seenAt: 1000 }])
    upstreams().sawHooks(host, [], 3000)
    expect(upstreams().hooks(other)).toHaveLength(1)
  })
})
