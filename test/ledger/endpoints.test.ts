import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EndpointFilter } from '../../src/ledger/endpoints.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
let us: number
let them: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
  them = temp.account('them')
})
afterEach(() => temp.remove())

const endpoints = () => temp.ledger.endpoints
const ids = (accountId: number, filter: EndpointFilter = {}, page = {}) =>
  endpoints()
    .list(accountId, filter, { after: null, limit: 100, ...page })
    .map(({ id }) => id)
const states = () => temp.query<{ state: string }>('SELECT state FROM deliveries').map(({ state }) => state)

describe('an endpoint', () => {
  it('is shown with its health and its hooks', () => {
    const id = temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: '*' }, testTime + 7)
    temp.arrive({ name: 'rails' })
    temp.fanOut()
    temp.ledger.outcomes.record(
      [outcomeOf({ deliveryId: 1, attempt: 1 }, { verdict: 'dead' })],
      testTime + 50,
      0,
    )
    const url = 'http://127.0.0.1:9/hook'
    const row = {
      id,
      channel: 'webhook',
      url,
      createdAt: testTime,
      enabledAt: testTime,
      disabledAt: null,
      disabledReason: null,
      failuresSinceLastSuccess: 1,
      lastSuccessAt: null,
      lastFailureAt: testTime + 12,
      hooks: [
        { gemName: 'rails', url, failureCount: 1, createdAt: testTime },
        { gemName: '*', url, failureCount: 1, createdAt: testTime + 7 },
      ],
    }
    expect(endpoints().list(us, {}, { after: null, limit: 10 })).toEqual([row])
    expect(endpoints().find(us, id)).toEqual(row)
  })

  it('without hooks is found, but not listed', () => {
    const id = temp.hook()
    temp.ledger.hooks.removeAddress(id, testTime)
    expect(ids(us)).toEqual([])
    expect(endpoints().find(us, id)).toMatchObject({ hooks: [] })
  })
})

describe('the list of endpoints', () => {
  it('goes page by page, oldest first', () => {
    const all = [1, 2, 3, 4, 5].map((index) => temp.hook({ url: `http://127.0.0.1:9/${index}` }))
    expect(ids(us, {}, { limit: 2 })).toEqual(all.slice(0, 2))
    expect(ids(us, {}, { limit: 2, after: all[1] })).toEqual(all.slice(2, 4))
    expect(ids(us, {}, { limit: 2, after: all[4] })).toEqual([])
  })

  it('finds what is far away', () => {
    const later = Array.from({ length: 600 }, (_, index) => index + 10)
    temp.hook({ gemName: 'rails' })
    temp.change(
      `INSERT INTO endpoints (id, account_id, channel, url, created_at, enabled_at)
       SELECT value, ?, 'webhook', value, 0, 0 FROM json_each(?)`,
      us,
      JSON.stringify(later),
    )
    temp.change(
      `INSERT INTO hooks (account_id, gem_name, url, endpoint_id, created_at)
       SELECT account_id, iif(id = 600, 'Rails', 'rack'), url, id, 0 FROM endpoints WHERE id >= 10`,
    )
    expect(ids(us, { search: 'rails' })).toEqual([1, 600])
    expect(ids(us, { search: '609' })).toEqual([609])
    expect(ids(us, { search: '60' }, { after: 600, limit: 3 })).toEqual([601, 602, 603])
    expect(ids(us, { search: 'rack' }, { limit: 2 })).toEqual([10, 11])
    expect(ids(us, { search: '60', gem: 'Rails' })).toEqual([600])
  })

  it.each<[EndpointFilter, string[]]>([
    [{}, ['a', 'b', 'c', 'mail']],
    [{ gem: 'rails' }, ['a', 'c']],
    [{ gem: '*' }, ['b', 'mail']],
    [{ gem: 'rail' }, []],
    [{ search: 'RAIL' }, ['a', 'c']],
    [{ search: '/B' }, ['b']],
    [{ search: 'mailto:' }, ['mail']],
    [{ search: 'rack' }, ['a']],
    [{ search: '%' }, []],
    [{ search: '_' }, []],
    [{ search: '\\' }, []],
    [{ search: '' }, ['a', 'b', 'c', 'mail']],
    [{ search: '/c', gem: 'rails' }, ['c']],
    [{ search: 'rack', gem: 'rails' }, ['a']],
    [{ search: '/b', gem: 'rails' }, []],
  ])('with %j', (filter, wanted) => {
    const url = (name: string) => `http://127.0.0.1:9/${name}`
    const known = new Map([
      [temp.hook({ url: url('a'), gemName: 'rails' }), 'a'],
      [temp.hook({ url: url('b') }), 'b'],
      [temp.hook({ url: url('c'), gemName: 'rails' }), 'c'],
      [temp.hook({ channel: 'email' }), 'mail'],
    ])
    temp.hook({ url: url('a'), gemName: 'rack' })
    temp.hook({ url: url('a'), gemName: 'rails', account: 'them' })
    expect(ids(us, filter).map((id) => known.get(id))).toEqual(wanted)
  })
})

describe('an endpoint that is switched', () => {
  it('off says why, cancels what is pending and gets nothing new', () => {
    const id = temp.hook()
    temp.arrive({ version: '1' })
    temp.fanOut()
    expect(endpoints().disable(us, id, 'switched off', testTime + 1)).toBe(true)
    expect(endpoints().find(us, id)).toMatchObject({
      disabledAt: testTime + 1,
      disabledReason: 'switched off',
    })
    temp.arrive({ version: '2' })
    temp.fanOut()
    expect(states()).toEqual(['cancelled'])
    expect(endpoints().disable(us, id, 'again', testTime + 2)).toBe(false)
    expect(endpoints().find(us, id)).toMatchObject({ disabledReason: 'switched off' })
  })

  it('on again has its failures forgotten', () => {
    const id = temp.hook()
    expect(endpoints().enable(us, id, testTime + 1)).toBe(false)
    temp.change('UPDATE endpoints SET failures_since_last_success = 25')
    endpoints().disable(us, id, 'because', testTime + 1)
    expect(endpoints().enable(us, id, testTime + 2)).toBe(true)
    expect(endpoints().find(us, id)).toMatchObject({
      enabledAt: testTime + 2,
      disabledAt: null,
      disabledReason: null,
      failuresSinceLastSuccess: 0,
    })
    temp.arrive()
    temp.fanOut()
    expect(states()).toEqual(['pending'])
  })
})

describe('an account', () => {
  it("neither sees nor switches another one's", () => {
    const theirs = temp.hook({ account: 'them', gemName: 'rails' })
    for (const filter of [{}, { gem: 'rails' }, { search: 'rails' }, { search: 'hook', gem: 'rails' }])
      expect([ids(us, filter), ids(them, filter)]).toEqual([[], [theirs]])
    expect(endpoints().find(us, theirs)).toBeUndefined()
    expect(endpoints().disable(us, theirs, 'because', testTime)).toBe(false)
    expect(endpoints().find(them, theirs)).toMatchObject({ disabledAt: null })
    endpoints().disable(them, theirs, 'because', testTime)
    expect(endpoints().enable(us, theirs, testTime)).toBe(false)
    expect(endpoints().find(them, theirs)).toMatchObject({ disabledReason: 'because' })
  })

  it('has its own endpoint where another one has the same address', () => {
    const [ours, theirs] = [temp.hook(), temp.hook({ account: 'them' })]
    temp.arrive()
    temp.fanOut()
    endpoints().disable(us, ours, 'because', testTime)
    expect(states()).toEqual(['cancelled', 'pending'])
    expect(endpoints().find(them, theirs)).toMatchObject({ disabledAt: null })
  })
})
