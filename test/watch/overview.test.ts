import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../helpers/temp-ledger.js'
import { openStage, type Stage, upstreamHost } from './stage.js'

const minute = 60_000

let stage: Stage
beforeEach(() => {
  stage = openStage()
})
afterEach(() => stage.temp.remove())

it('of a new ledger has nothing in it', () => {
  expect(stage.overview()).toEqual({
    events: { webhook: 0, catchUp: 0, both: 0 },
    missedByWebhooks: 0,
    confirmations: { confirmed: 0, unconfirmed: 0, refuted: 0 },
    claimsWaiting: 0,
    deliveriesPending: 0,
    wanted: { all: false, gems: 0 },
    lastWebhook: null,
    completeUntil: null,
    lastCompleteWindow: null,
    upstreamHooks: [],
    silence: null,
    warnings: [],
  })
})

it('counts events by source, and takes a late webhook’s event from those that were missed', () => {
  stage.tell('webhook', 'rails')
  stage.tell('catch-up', 'rails')
  stage.tell('webhook', 'rack')
  stage.tell('catch-up', 'rake')
  stage.tell('catch-up', 'puma')
  expect(stage.overview()).toMatchObject({
    events: { webhook: 1, catchUp: 2, both: 1 },
    missedByWebhooks: 2,
    confirmations: { confirmed: 2 },
  })
  stage.tell('webhook', 'puma', testTime + minute)
  expect(stage.overview(testTime + 3 * minute)).toMatchObject({
    events: { webhook: 1, catchUp: 1, both: 2 },
    missedByWebhooks: 1,
    lastWebhook: { at: testTime + minute, secondsAgo: 120 },
  })
})

it('does not take history for missed', () => {
  stage.tell('catch-up', 'rails')
  for (const name of ['rack', 'rake']) stage.tell('catch-up', name, testTime, false, true)
  expect(stage.overview()).toMatchObject({ events: { catchUp: 3 }, missedByWebhooks: 1 })
  for (const name of ['rails', 'rack']) stage.tell('webhook', name)
  expect(stage.overview()).toMatchObject({ events: { catchUp: 1, both: 2 }, missedByWebhooks: 0 })
})

it('counts what waits and what came of checks', () => {
  const { temp } = stage
  temp.hook()
  const claims = ['rails', 'rack', 'rake', 'puma'].map((name) => stage.tell('webhook', name, testTime, true))
  expect(stage.overview()).toMatchObject({ claimsWaiting: 4, deliveriesPending: 0 })
  const [first = 0, second = 0, third = 0] = claims
  temp.ledger.claims.settle(first, { confirmation: 'confirmed', facts: null, createdAt: null }, testTime)
  temp.ledger.claims.settle(second, { confirmation: 'unconfirmed', doubt: 'No answer.' }, testTime)
  temp.ledger.claims.refute(third, 'There is no such version.', testTime)
  temp.fanOut()
  expect(stage.overview()).toMatchObject({
    confirmations: { confirmed: 1, unconfirmed: 1, refuted: 1 },
    claimsWaiting: 1,
    deliveriesPending: 2,
  })
})

it('counts what enabled hooks are on', () => {
  stage.temp.hook({ gemName: 'rails' })
  stage.temp.hook({ gemName: 'rails', account: 'other' })
  stage.temp.hook({ gemName: 'rack' })
  expect(stage.overview().wanted).toEqual({ all: false, gems: 2 })
  stage.temp.hook({ gemName: '*' })
  expect(stage.overview().wanted).toEqual({ all: true, gems: 2 })
})

it('shows how far catching up is, with this upstream only', () => {
  const { upstreams } = stage.temp.ledger
  upstreams.begin('https://other.example.org', testTime - 5 * minute)
  expect(stage.overview()).toMatchObject({ completeUntil: null, lastCompleteWindow: null })
  upstreams.begin(upstreamHost, testTime)
  expect(stage.overview(testTime + minute)).toMatchObject({
    completeUntil: { at: testTime, secondsAgo: 60 },
    lastCompleteWindow: null,
  })
  upstreams.completed(upstreamHost, { until: testTime + minute, publishedAt: null }, testTime + 2 * minute)
  expect(stage.overview(testTime + 4 * minute)).toMatchObject({
    completeUntil: { at: testTime + minute, secondsAgo: 180 },
    lastCompleteWindow: { at: testTime + 2 * minute, secondsAgo: 120 },
  })
})

it('shows our hooks at the upstream', () => {
  const { upstreams } = stage.temp.ledger
  const hook = { gemName: 'rails', url: 'https://gems.example.org/webhooks/rubygems' }
  upstreams.sawHooks(upstreamHost, [{ ...hook, failureCount: 1 }], testTime)
  upstreams.sawHooks(upstreamHost, [{ ...hook, failureCount: 4 }], testTime + minute)
  upstreams.sawHooks('https://other.example.org', [{ ...hook, failureCount: 9 }], testTime)
  expect(stage.overview().upstreamHooks).toEqual([
    { ...hook, failureCount: 4, seenAt: testTime + minute, risenAt: testTime + minute },
  ])
})

it('never has anything happen in the future, when the clock is set back', () => {
  stage.tell('webhook', 'rails', testTime)
  expect(stage.overview(testTime - minute).lastWebhook).toEqual({ at: testTime, secondsAgo: 0 })
})

describe('silence', () => {
  const later = testTime + 40 * minute
  const publish = () => {
    const { upstreams } = stage.temp.ledger
    upstreams.begin(upstreamHost, testTime)
    upstreams.completed(upstreamHost, { until: later, publishedAt: later - 5 * minute }, later)
  }
  const hookOn = (gems: number) => {
    for (let gem = 0; gem < gems; gem++) stage.temp.hook({ gemName: `gem-${gem}` })
  }

  it('is warned of when a hook is on all gems', () => {
    stage.temp.hook({ gemName: '*' })
    stage.tell('webhook', 'rails', testTime)
    publish()
    const { silence, warnings } = stage.overview(later, { warnings: ['Something else.'] })
    expect(silence).toMatch(/^No webhook has come from rubygems.org for 40 min, though/)
    expect(warnings).toEqual([silence, 'Something else.'])
  })

  it('is warned of when no webhook ever came', () => {
    stage.temp.hook({ gemName: '*' })
    publish()
    expect(stage.overview(later).silence).toContain('for 40 min')
    expect(stage.overview(later, { listeningSince: later - minute }).silence).toBeNull()
  })

  it('is not warned of as soon as a hook is on all gems: its webhooks are still to come', () => {
    stage.temp.hook({ gemName: 'rails' })
    publish()
    stage.temp.hook({ gemName: '*' }, later - 1)
    expect(stage.overview(later).silence).toBeNull()
    stage.temp.change('UPDATE hooks SET created_at = ?', testTime)
    expect(stage.overview(later).silence).toContain('for 40 min')
  })

  it('is warned of though the clock was once ahead', () => {
    stage.temp.hook({ gemName: '*' })
    stage.tell('webhook', 'rails', testTime + 365 * 24 * 60 * minute)
    publish()
    expect(stage.overview(later).silence).toContain('for 40 min')
    stage.tell('webhook', 'rack', testTime + 5 * minute)
    expect(stage.overview(later).silence).toContain('for 35 min')
  })

  it.each([
    [100, false],
    [101, true],
  ])('with hooks on %d gems is warned of: %s', (gems, warned) => {
    hookOn(gems)
    publish()
    expect(stage.overview(later).silence !== null).toBe(warned)
  })

  it('is over with the next webhook', () => {
    stage.temp.hook({ gemName: '*' })
    publish()
    stage.tell('webhook', 'rails', later)
    expect(stage.overview(later + 31 * minute)).toMatchObject({ silence: null, warnings: [] })
  })
})
