import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
let accountId: number
beforeEach(() => {
  temp = openTempLedger()
  accountId = temp.account()
})
afterEach(() => temp.remove())

const url = 'http://127.0.0.1:9/hook'
const hooks = () => temp.ledger.hooks
const states = () =>
  temp
    .query<{ gem: string; state: string }>(
      `SELECT gem_name || ' ' || number AS gem, state FROM deliveries JOIN events ON events.id = event_id ORDER BY deliveries.id`,
    )
    .map(({ gem, state }) => `${gem}: ${state}`)

describe('create', () => {
  it('registers a hook once', () => {
    const hook = { accountId, gemName: 'rails', url, channel: 'webhook' } as const
    expect(hooks().exists(hook)).toBe(false)
    expect(hooks().create(hook, testTime)).toBe(true)
    expect(hooks().exists(hook)).toBe(true)
    expect(hooks().create(hook, testTime)).toBe(false)
    expect(hooks().list(accountId)).toEqual([{ gemName: 'rails', url, failureCount: 0 }])
  })

  it('takes a hook that differs in anything for another one', () => {
    const one = { accountId, gemName: 'rails', url, channel: 'webhook' } as const
    hooks().create(one, testTime)
    for (const other of [
      { ...one, accountId: temp.account('other') },
      { ...one, gemName: 'Rails' },
      { ...one, gemName: '*' },
      { ...one, url: `${url}/` },
      { ...one, url: url.toUpperCase() },
    ]) {
      expect(hooks().exists(other)).toBe(false)
      expect(hooks().create(other, testTime)).toBe(true)
    }
  })

  it('does not register a URL for the same gem on a second channel', () => {
    expect(hooks().create({ accountId, gemName: 'rails', url, channel: 'webhook' }, testTime)).toBe(true)
    expect(hooks().create({ accountId, gemName: 'rails', url, channel: 'slack' }, testTime)).toBe(false)
  })

  it('shares an endpoint among hooks of one account, channel and URL', () => {
    const endpoint = temp.hook({ gemName: 'rails' })
    expect(temp.hook({ gemName: 'rack' })).toBe(endpoint)
    expect(temp.hook({ gemName: 'rake', channel: 'slack' })).not.toBe(endpoint)
    expect(temp.hook({ gemName: 'rails', account: 'other' })).not.toBe(endpoint)
    expect(temp.hook({ gemName: 'rails', url: `${url}2` })).not.toBe(endpoint)
  })

  it('enables a disabled endpoint again, with nothing held against it', () => {
    const endpoint = temp.hook({ gemName: 'rails' })
    temp.change(
      `UPDATE endpoints SET disabled_at = 5, disabled_reason = 'gone', failures_since_last_success = 30, last_failure_at = 4`,
    )
    expect(temp.hook({ gemName: 'rack' }, testTime + 1000)).toBe(endpoint)
    expect(temp.query('SELECT * FROM endpoints')).toMatchObject([
      {
        disabled_at: null,
        disabled_reason: null,
        failures_since_last_success: 0,
        created_at: testTime,
        enabled_at: testTime + 1000,
      },
    ])
  })

  it('leaves the health of an enabled endpoint alone', () => {
    temp.hook({ gemName: 'rails' })
    temp.change('UPDATE endpoints SET failures_since_last_success = 24')
    temp.hook({ gemName: 'rack' }, testTime + 1000)
    expect(temp.query('SELECT * FROM endpoints')).toMatchObject([
      { failures_since_last_success: 24, enabled_at: testTime },
    ])
  })

  it('does not enable anything where the hook is there already', () => {
    temp.hook({ gemName: 'rails' })
    temp.change(`UPDATE endpoints SET disabled_at = 5, disabled_reason = 'gone'`)
    expect(hooks().create({ accountId, gemName: 'rails', url, channel: 'webhook' }, testTime)).toBe(false)
    expect(temp.query('SELECT * FROM endpoints')).toMatchObject([{ disabled_at: 5 }])
  })
})

describe('list', () => {
  it("gives an account's hooks in order of registration", () => {
    for (const gemName of ['zeitwerk', '*', 'rails', 'actioncable']) temp.hook({ gemName })
    temp.hook({ gemName: 'rails', account: 'other' })
    hooks().remove({ accountId, gemName: '*', url }, testTime)
    temp.hook({ gemName: '*' })
    expect(
      hooks()
        .list(accountId)
        .map(({ gemName }) => gemName),
    ).toEqual(['zeitwerk', 'rails', 'actioncable', '*'])
    expect(hooks().list(temp.account('other'))).toHaveLength(1)
    expect(hooks().list(temp.account('third'))).toEqual([])
  })
})

describe('wanted', () => {
  const disable = (endpoint: number) =>
    temp.change('UPDATE endpoints SET disabled_at = 5 WHERE id = ?', endpoint)

  it('is nothing without hooks', () => {
    expect(hooks().wanted('https://rubygems.org')).toEqual({ all: false, since: new Map(), gemNames: [] })
  })

  it('is each gem once, in order, that an enabled hook of anybody is on', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: 'rack' })
    temp.hook({ gemName: 'rails', account: 'other' })
    disable(temp.hook({ gemName: 'rake', url: `${url}2` }))
    disable(temp.hook({ gemName: '*', url: `${url}2` }, testTime - 9))
    disable(temp.hook({ gemName: '*', url: `${url}3` }))
    disable(temp.hook({ gemName: '*', url: `${url}2`, account: 'other' }))
    expect(hooks().wanted('https://rubygems.org')).toMatchObject({
      all: false,
      since: new Map([
        ['rack', testTime],
        ['rails', testTime],
      ]),
      gemNames: ['rack', 'rails'],
    })
  })

  it('tells since when all gems are wanted, by whoever wanted them first', () => {
    temp.hook({ gemName: 'rails' }, testTime)
    temp.hook({ gemName: '*' }, testTime + 5)
    temp.hook({ gemName: '*', account: 'other' }, testTime + 3)
    const wanted = hooks().wanted('https://rubygems.org')
    expect(wanted).toMatchObject({ all: true, gemNames: ['rails'] })
    expect(wanted.since.get('*')).toBe(testTime + 3)
  })

  it('counts that from when the hook’s endpoint was enabled again', () => {
    disable(temp.hook({ gemName: '*' }, testTime))
    temp.hook({ gemName: 'rails' }, testTime + 100)
    const wanted = hooks().wanted('https://rubygems.org')
    expect(wanted.all).toBe(true)
    expect(wanted.since.get('*')).toBe(testTime + 100)
  })

  it('leaves out what leads to the upstream itself, and says since when each is wanted', () => {
    temp.hook({ gemName: 'rails', url: 'https://other.example/webhooks/rubygems' }, testTime)
    temp.hook({ gemName: 'rack', url: 'https://other.example.org/hook' }, testTime + 2)
    temp.hook({ gemName: 'rack', url: 'https://c.example/' }, testTime + 1)
    const wanted = hooks().wanted('https://other.example')
    expect(wanted.gemNames).toEqual(['rack'])
    expect([...wanted.since]).toEqual([['rack', testTime + 1]])
    expect(hooks().wanted('https://elsewhere.example').gemNames).toEqual(['rack', 'rails'])
  })
})

describe('remove', () => {
  it('removes just that hook', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: 'rack' })
    temp.hook({ gemName: 'rails', account: 'other' })
    const hook = { accountId, gemName: 'rails', url }
    expect(hooks().remove(hook, testTime)).toBe(true)
    expect(hooks().exists(hook)).toBe(false)
    expect(hooks().exists({ ...hook, gemName: 'rack' })).toBe(true)
    expect(hooks().exists({ ...hook, accountId: temp.account('other') })).toBe(true)
    expect(hooks().remove(hook, testTime)).toBe(false)
  })

  it('cancels the pending deliveries of that gem, and no others', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: 'rack' })
    temp.hook({ gemName: 'rails', account: 'other' })
    temp.arrive({ name: 'rails', version: '1' })
    temp.arrive({ name: 'rack', version: '1' })
    temp.fanOut()
    hooks().remove({ accountId, gemName: 'rails', url }, testTime + 5)
    expect(states()).toEqual(['rails 1: cancelled', 'rails 1: pending', 'rack 1: pending'])
    expect(temp.query('SELECT * FROM deliveries WHERE id = 1')).toMatchObject([
      { stage: null, finished_at: testTime + 5 },
    ])
    expect(temp.due().map(({ deliveryId }) => deliveryId)).toEqual([3, 2])
  })

  it('cancels nothing that a hook on * still wants', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: '*' })
    temp.arrive({ name: 'rails', version: '1' })
    temp.arrive({ name: 'rack', version: '1' })
    temp.fanOut()
    hooks().remove({ accountId, gemName: 'rails', url }, testTime)
    expect(states()).toEqual(['rails 1: pending', 'rack 1: pending'])
  })

  it('of a hook on * cancels all but what other hooks want', () => {
    temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: '*' })
    for (const name of ['rails', 'rack', 'rake']) temp.arrive({ name, version: '1' })
    temp.fanOut()
    hooks().remove({ accountId, gemName: '*', url }, testTime)
    expect(states()).toEqual(['rails 1: pending', 'rack 1: cancelled', 'rake 1: cancelled'])
  })

  it('cancels waiting and leased deliveries, too, and leaves finished ones alone', () => {
    temp.hook({ gemName: 'rails' })
    for (const version of ['1', '2', '3', '4', '5']) temp.arrive({ name: 'rails', version })
    temp.fanOut()
    temp.change(`UPDATE deliveries SET stage = 'waiting' WHERE id = 2`)
    temp.change(`UPDATE deliveries SET stage = 'leased', lease_until = ${testTime} WHERE id = 3`)
    temp.change(`UPDATE deliveries SET stage = NULL, state = 'succeeded' WHERE id = 4`)
    temp.change(`UPDATE deliveries SET stage = NULL, state = 'dead' WHERE id = 5`)
    hooks().remove({ accountId, gemName: 'rails', url }, testTime)
    expect(states().map((line) => line.split(': ')[1])).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'succeeded',
      'dead',
    ])
    const { deliveries } = temp.ledger
    expect(deliveries.countPending()).toBe(0)
    expect(deliveries.nextMoment()).toBeUndefined()
    expect(deliveries.leased()).toEqual([])
    deliveries.releaseAll()
    expect(temp.due()).toEqual([])
  })

  it('and registering again delivers only what happens from then on', () => {
    temp.hook({ gemName: 'rails' })
    temp.arrive({ name: 'rails', version: '1' })
    temp.fanOut()
    hooks().remove({ accountId, gemName: 'rails', url }, testTime)
    temp.hook({ gemName: 'rails' })
    temp.arrive({ name: 'rails', version: '2' })
    temp.fanOut()
    expect(states()).toEqual(['rails 1: cancelled', 'rails 2: pending'])
  })
})

describe('removeAddress', () => {
  it('removes all hooks that lead to the address, of every account, and cancels what is pending there', () => {
    const endpoint = temp.hook({ gemName: 'rails' })
    temp.hook({ gemName: '*' })
    temp.hook({ gemName: 'rails', account: 'other' })
    temp.arrive({ name: 'rails', version: '1' })
    temp.arrive({ name: 'rack', version: '1' })
    temp.fanOut()
    temp.hook({ gemName: 'rails', url: 'http://127.0.0.1:9/elsewhere' })
    expect(hooks().removeAddress(endpoint, testTime)).toBe(3)
    expect(hooks().list(accountId)).toHaveLength(1)
    expect(hooks().list(temp.account('other'))).toEqual([])
    expect(states()).toEqual(['rails 1: cancelled', 'rails 1: cancelled', 'rack 1: cancelled'])
    expect(hooks().removeAddress(endpoint, testTime)).toBe(0)
  })
})
