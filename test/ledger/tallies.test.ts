import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../../src/event.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

interface Told {
  source: Source
  number?: string
  yanked?: boolean
  at?: number
  isHistory?: boolean
}

/** Keeps arrivals in one commit. */
const tell = (...told: Told[]) =>
  temp.ledger.arrivals.record(
    told.map(({ source, number = '1.0', yanked = false, at = 1000, isHistory = false }) => ({
      gemName: 'rails',
      number,
      platform: 'ruby',
      yanked,
      payload: Buffer.from('{}'),
      receivedAt: at,
      createdAt: at,
      source,
      toCheck: false,
      isHistory,
    })),
  )
const tallies = () => temp.ledger.tallies.read()
const times = () => temp.query('SELECT webhook_at, catch_up_at, confirmation FROM events ORDER BY id')

describe('without events', () => {
  it('all is nothing', () => {
    const none = {
      webhook: 0,
      catchUp: 0,
      both: 0,
      confirmed: 0,
      unconfirmed: 0,
      refuted: 0,
      history: 0,
      lastWebhook: null,
    }
    expect(tallies()).toEqual(none)
  })
})

describe('the sources of an event', () => {
  it('may be a webhook', () => {
    tell({ source: 'webhook', at: 1000 })
    expect(tallies()).toMatchObject({ webhook: 1, catchUp: 0, both: 0, confirmed: 0, lastWebhook: 1000 })
    expect(times()).toEqual([{ webhook_at: 1000, catch_up_at: null, confirmation: null }])
  })

  it('may be catching up, which the upstream itself confirms', () => {
    tell({ source: 'catch-up', at: 1000 })
    expect(tallies()).toMatchObject({ webhook: 0, catchUp: 1, both: 0, confirmed: 1, lastWebhook: null })
    expect(times()).toEqual([{ webhook_at: null, catch_up_at: 1000, confirmation: 'confirmed' }])
  })

  it('may be both, in either order, each with its first time', () => {
    tell({ source: 'webhook', at: 1000 })
    tell({ source: 'catch-up', at: 2000 })
    tell({ source: 'catch-up', number: '2.0', at: 3000 })
    tell({ source: 'webhook', number: '2.0', at: 4000 })
    expect(tallies()).toMatchObject({ webhook: 0, catchUp: 0, both: 2, lastWebhook: 4000 })
    expect(times()).toMatchObject([
      { webhook_at: 1000, catch_up_at: 2000 },
      { webhook_at: 4000, catch_up_at: 3000 },
    ])
  })

  it('do not change when the same source tells again', () => {
    tell({ source: 'webhook', at: 1000 }, { source: 'webhook', at: 1500 })
    tell({ source: 'catch-up', number: '2.0', at: 2000 }, { source: 'catch-up', number: '2.0', at: 2500 })
    const before = [tallies(), times()]
    tell({ source: 'webhook', at: 5000 }, { source: 'catch-up', number: '2.0', at: 5000 })
    expect([tallies(), times()]).toEqual(before)
    tell({ source: 'catch-up', at: 6000 }, { source: 'catch-up', at: 7000 }, { source: 'webhook', at: 7000 })
    expect(tallies()).toMatchObject({ webhook: 0, catchUp: 1, both: 1, lastWebhook: 1000 })
  })

  it('are those of the event that made the release what it is', () => {
    tell({ source: 'webhook' }, { source: 'webhook', yanked: true })
    tell({ source: 'catch-up', yanked: true })
    expect(tallies()).toMatchObject({ webhook: 1, both: 1 })
    expect(times()).toMatchObject([{ catch_up_at: null }, { catch_up_at: 1000 }])
  })

  it('are not counted when their commit fails', () => {
    expect(() =>
      tell({ source: 'webhook' }, { source: 'webhook', number: '2.0', at: null as unknown as number }),
    ).toThrow()
    expect(tallies()).toMatchObject({ webhook: 0, lastWebhook: null })
  })
})

describe('history', () => {
  it('is what catching up found of pushes that nobody could hear of', () => {
    tell({ source: 'catch-up', number: '1', isHistory: true })
    tell({ source: 'catch-up', number: '1', isHistory: true })
    tell({ source: 'catch-up', number: '2' })
    expect(tallies()).toMatchObject({ catchUp: 2, history: 1, confirmed: 2 })
  })

  it('is no yank or restore of what was released long ago', () => {
    tell({ source: 'webhook' })
    tell({ source: 'catch-up', yanked: true, isHistory: true })
    tell({ source: 'catch-up', isHistory: true })
    expect(tallies()).toMatchObject({ webhook: 1, catchUp: 2, history: 0 })
  })
})

describe('the last webhook', () => {
  it('is the one that told something new last, whatever the clock said before', () => {
    tell({ source: 'webhook', number: '1', at: 2000 }, { source: 'webhook', number: '2', at: 1000 })
    expect(tallies()).toMatchObject({ lastWebhook: 2000 })
    tell({ source: 'webhook', number: '3', at: 1500 })
    tell({ source: 'webhook', number: '3', at: 1700 }, { source: 'catch-up', number: '4', at: 1800 })
    expect(tallies()).toMatchObject({ lastWebhook: 1500 })
    temp.reopen()
    expect(tallies()).toMatchObject({ webhook: 3, lastWebhook: 1500 })
  })
})

it('the tallies are what counting all events gives, whatever comes', () => {
  const told = fc.record({
    source: fc.constantFrom<Source>('webhook', 'catch-up'),
    number: fc.constantFrom('1', '2', '3'),
    yanked: fc.boolean(),
    at: fc.integer({ min: 1, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(fc.array(told, { maxLength: 6 }), { maxLength: 4 }), (commits) => {
      for (const commit of commits) tell(...commit)
      const [counted] = temp.query(
        `SELECT coalesce(sum(webhook_at IS NOT NULL AND catch_up_at IS NULL), 0) AS webhook,
           coalesce(sum(webhook_at IS NULL AND catch_up_at IS NOT NULL), 0) AS catchUp,
           coalesce(sum(webhook_at IS NOT NULL AND catch_up_at IS NOT NULL), 0) AS "both",
           coalesce(sum(confirmation = 'confirmed'), 0) AS confirmed FROM events`,
      )
      expect(tallies()).toMatchObject(counted ?? {})
    }),
    { numRuns: 50 },
  )
})
