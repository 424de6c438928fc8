import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival } from '../../src/ledger/arrivals.js'
import type { Checked, Said } from '../../src/ledger/claims.js'
import { readAccepted } from '../../src/payload.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
  temp.hook()
})
afterEach(() => temp.remove())

/** Keeps an arrival that is to be checked, unless told otherwise. */
function arrive(changes: Partial<Arrival> = {}) {
  const [receipt] = temp.ledger.arrivals.record([
    {
      gemName: 'rails',
      number: '8.0.0',
      platform: 'ruby',
      yanked: false,
      payload: Buffer.from('received'),
      receivedAt: testTime,
      createdAt: testTime - 500,
      source: 'webhook',
      toCheck: true,
      ...changes,
    },
  ])
  return receipt
}

const settle = (eventId: number, checked: Partial<Checked> = {}) =>
  temp.ledger.claims.settle(eventId, { ...confirmed, ...checked } as Checked, testTime + 9_000)
const confirmed: Checked = { confirmation: 'confirmed', facts: null, createdAt: null }
const unconfirmed: Checked = { confirmation: 'unconfirmed', doubt: 'It did not answer.' }

const dueIds = (now = testTime) => temp.ledger.claims.due(now, 10).map(({ eventId }) => eventId)
const releases = () => temp.query('SELECT number, yanked, event_id, created_at FROM releases')
const event = (id: number) => temp.query('SELECT * FROM events WHERE id = ?', id)[0]
const rails = { gemName: 'rails', number: '8.0.0', platform: 'ruby' }
const otherBody = { payload: Buffer.from('another body') }
const told = { waited: true, told: true }
const untold = { waited: true, told: false }
const over = { waited: false, told: false }

describe('a claim', () => {
  it('waits for its check, and fan-out for the claim', () => {
    arrive()
    expect(temp.ledger.claims.due(testTime, 10)).toEqual([
      {
        eventId: 1,
        kind: 'pushed',
        ...rails,
        payload: Buffer.from('received'),
        receivedAt: testTime,
        checkAt: testTime,
        checks: 0,
        doubt: null,
        contradictedAt: null,
        heardAt: testTime,
        agreedAt: null,
      },
    ])
    expect(dueIds(testTime - 1)).toEqual([])
    expect(temp.ledger.claims.nextCheckAt()).toBe(testTime)
    expect(temp.ledger.claims.count()).toBe(1)
    expect(temp.ledger.fanOut.pending(9)).toEqual([])
    expect(releases()).toEqual([])
  })

  it('survives a restart', () => {
    arrive()
    temp.reopen()
    expect(dueIds()).toEqual([1])
    expect(arrive()).toEqual({ status: 'duplicate', eventId: 1 })
  })

  it('of a gem that no hook wants is taken as it is, and no check is asked for', () => {
    temp.change('DELETE FROM hooks')
    expect(arrive()).toEqual({ status: 'pushed', eventId: 1 })
    expect(temp.ledger.claims.count()).toBe(0)
    expect(temp.ledger.claims.nextCheckAt()).toBeUndefined()
    expect(releases()).toMatchObject([{ event_id: 1 }])
  })

  it('is certain of nothing, but is what a later webhook is compared with', () => {
    arrive()
    expect(temp.ledger.arrivals.stateOf(rails)).toBe('unknown')
    expect(arrive()).toEqual({ status: 'duplicate', eventId: 1 })
    expect(arrive({ yanked: true })).toEqual({ status: 'yanked', eventId: 2 })
    expect(arrive({ yanked: true })).toEqual({ status: 'duplicate', eventId: 2 })
    expect(arrive(otherBody)).toEqual({ status: 'restored', eventId: 3 })
    expect(arrive({ platform: 'java' })).toEqual({ status: 'pushed', eventId: 4 })
    expect(temp.ledger.arrivals.stateOf(rails)).toBe('unknown')
    expect(temp.query('SELECT platform, yanked, event_id FROM claims ORDER BY event_id')).toEqual([
      { platform: 'ruby', yanked: 0, event_id: 1 },
      { platform: 'ruby', yanked: 1, event_id: 2 },
      { platform: 'ruby', yanked: 0, event_id: 3 },
      { platform: 'java', yanked: 0, event_id: 4 },
    ])
  })

  it('is due with others in order of time, then of arrival', () => {
    arrive({ number: '3' })
    arrive({ number: '1', receivedAt: testTime - 5 })
    arrive({ number: '2', receivedAt: testTime - 5 })
    expect(dueIds()).toEqual([2, 3, 1])
    expect(temp.ledger.claims.due(testTime, 2)).toHaveLength(2)
    expect(temp.ledger.claims.nextCheckAt()).toBe(testTime - 5)
  })
})

describe('a settled claim', () => {
  it('brings its release into its state, and is fanned out', () => {
    arrive()
    expect(settle(1)).toEqual(told)
    expect(releases()).toEqual([{ number: '8.0.0', yanked: 0, event_id: 1, created_at: testTime - 500 }])
    expect(temp.query('SELECT * FROM claims')).toEqual([])
    expect(temp.ledger.claims.count()).toBe(0)
    expect(temp.ledger.fanOut.pending(9)).toMatchObject([{ id: 1, kind: 'pushed' }])
    expect(event(1)).toMatchObject({ confirmation: 'confirmed', doubt: null, facts: null, checks: 1 })
  })

  it('keeps the upstream’s payload and time before what was received', () => {
    arrive()
    settle(1, { facts: Buffer.from('facts'), createdAt: 42 })
    expect(releases()).toMatchObject([{ created_at: 42 }])
    expect(temp.ledger.releases.payload(1)).toEqual(Buffer.from('facts'))
    expect(event(1)).toMatchObject({ payload: Buffer.from('received') })
    expect(temp.ledger.deliveries.eventFacts(1)?.payload).toEqual(Buffer.from('facts'))
  })

  it('may be unconfirmed, and says why', () => {
    arrive({ yanked: true })
    settle(1, unconfirmed)
    expect(releases()).toMatchObject([{ yanked: 1, created_at: testTime - 500 }])
    expect(event(1)).toMatchObject({ confirmation: 'unconfirmed', doubt: 'It did not answer.' })
    expect(temp.ledger.fanOut.pending(9)).toMatchObject([{ id: 1, kind: 'yanked' }])
  })

  it('is settled once', () => {
    arrive()
    settle(1)
    const before = [event(1), ...releases()]
    expect(settle(1, unconfirmed)).toEqual(over)
    expect(temp.ledger.claims.refute(1, 'No.', testTime)).toEqual(over)
    temp.ledger.claims.postpone(1, testTime, 'Later.', 'contradicted', testTime)
    expect([event(1), ...releases()]).toEqual(before)
    expect(temp.ledger.tallies.read()).toMatchObject({ confirmed: 1, unconfirmed: 0, refuted: 0 })
    expect(settle(99)).toEqual(over)
  })

  it('leaves the other claims about the same release waiting', () => {
    arrive()
    arrive({ yanked: true })
    settle(1)
    expect(temp.ledger.arrivals.stateOf(rails)).toBe('live')
    expect(arrive({ yanked: true })).toEqual({ status: 'duplicate', eventId: 2 })
    expect(settle(2)).toEqual(told)
    expect(releases()).toMatchObject([{ yanked: 1, event_id: 2, created_at: testTime - 500 }])
  })

  it('restores a release that was yanked', () => {
    arrive({ toCheck: false })
    arrive({ toCheck: false, yanked: true })
    expect(arrive()).toEqual({ status: 'restored', eventId: 3 })
    settle(3, { createdAt: 42 })
    expect(releases()).toEqual([{ number: '8.0.0', yanked: 0, event_id: 3, created_at: testTime - 500 }])
    expect(temp.ledger.fanOut.pending(9).at(-1)).toMatchObject({ id: 3, kind: 'restored' })
  })

  it('finds what the ledger has of its release, with the facts that are told', () => {
    const { claims } = temp.ledger
    const known = () => claims.known(claims.due(testTime, 1)[0] ?? expect.fail('no claim'))
    arrive({ yanked: true })
    expect(known()).toBeUndefined()
    settle(1)
    arrive()
    expect(known()).toEqual({
      state: 'yanked',
      eventId: 1,
      changedAt: testTime + 9_000,
      payload: Buffer.from('received'),
    })
    settle(2, { facts: Buffer.from('facts') })
    arrive({ yanked: true })
    expect(known()).toMatchObject({ state: 'live', eventId: 2, payload: Buffer.from('facts') })
  })

  it('knows whether its number is live or claimed to be, of any platform', () => {
    const { claims } = temp.ledger
    const isLive = () => claims.isNumberLive(claims.due(testTime, 9).at(-1) ?? expect.fail('no claim'))
    arrive({ platform: 'java', yanked: true })
    expect(isLive()).toBe(false)
    arrive({ number: '8.0.1' })
    expect(isLive()).toBe(true)
    settle(2)
    arrive({ number: '8.0.1', platform: 'java', yanked: true })
    expect(isLive()).toBe(true)
    arrive({ number: '8.0.1', toCheck: false, yanked: true })
    expect(isLive()).toBe(false)
  })
})

describe('a refuted claim', () => {
  it('is kept, and nobody is told', () => {
    arrive()
    expect(temp.ledger.claims.refute(1, 'There is no such version.', testTime + 5)).toEqual(untold)
    expect(event(1)).toMatchObject({
      confirmation: 'refuted',
      doubt: 'There is no such version.',
      fanned_out_at: testTime + 5,
      check_at: null,
      payload: Buffer.from('received'),
    })
    expect(temp.ledger.fanOut.pending(9)).toEqual([])
    expect(releases()).toEqual([])
    expect(settle(1)).toEqual(over)
  })

  it('leaves the release as it was, so that the same claim is new again', () => {
    arrive({ toCheck: false })
    arrive({ yanked: true })
    temp.ledger.claims.refute(2, 'It is not yanked.', testTime)
    expect(releases()).toMatchObject([{ yanked: 0, event_id: 1 }])
    expect(temp.ledger.arrivals.stateOf(rails)).toBe('live')
    expect(arrive()).toEqual({ status: 'duplicate', eventId: 1 })
    expect(arrive({ yanked: true })).toEqual({ status: 'yanked', eventId: 3 })
  })
})

describe('a claim that is nothing new any more when it is settled', () => {
  it('is kept as redundant, and nobody is told', () => {
    arrive({ toCheck: false })
    arrive({ yanked: true })
    expect(arrive()).toEqual({ status: 'restored', eventId: 3 })
    const before = releases()
    expect(settle(3, { facts: Buffer.from('facts') })).toEqual(untold)
    expect(event(3)).toMatchObject({
      confirmation: 'redundant',
      doubt: 'By the time that it was checked it was nothing new.',
      facts: null,
      check_at: null,
      fanned_out_at: testTime + 9_000,
    })
    temp.ledger.claims.refute(2, 'It is not yanked.', testTime)
    expect(releases()).toEqual(before)
    expect(temp.ledger.fanOut.pending(9).map(({ id }) => id)).toEqual([1])
    expect(temp.ledger.tallies.read()).toMatchObject({ confirmed: 0, unconfirmed: 0, refuted: 1 })
  })

  it('is what it is by then, not what it seemed to be', () => {
    arrive()
    arrive({ yanked: true })
    expect(arrive(otherBody)).toEqual({ status: 'restored', eventId: 3 })
    temp.ledger.claims.refute(1, 'Another file.', testTime)
    temp.ledger.claims.refute(2, 'It is not yanked.', testTime)
    expect(settle(3)).toEqual(told)
    expect(event(3)).toMatchObject({ kind: 'pushed' })
    expect(temp.ledger.fanOut.pending(9)).toMatchObject([{ id: 3, kind: 'pushed' }])
  })

  it('is overtaken by what came after it, unless the upstream says that it is so now', () => {
    for (const number of ['1', '2']) {
      arrive({ number })
      arrive({ number, yanked: true })
    }
    settle(2, unconfirmed)
    expect(settle(1, unconfirmed)).toEqual(untold)
    expect(event(1)).toMatchObject({ kind: 'pushed', confirmation: 'redundant' })
    settle(4, unconfirmed)
    expect(settle(3)).toEqual(told)
    expect(event(3)).toMatchObject({ kind: 'restored', confirmation: 'confirmed' })
    expect(releases()).toMatchObject([
      { number: '1', yanked: 1 },
      { number: '2', yanked: 0 },
    ])
  })
})

describe('claims that say the same with other bytes', () => {
  it('wait beside each other, and the first that is settled is told', () => {
    arrive()
    expect(arrive(otherBody)).toEqual({ status: 'pushed', eventId: 2 })
    expect(arrive(otherBody)).toEqual({ status: 'duplicate', eventId: 2 })
    expect(arrive()).toEqual({ status: 'duplicate', eventId: 1 })
    temp.ledger.claims.refute(1, 'Another file.', testTime)
    expect(settle(2)).toEqual(told)
    expect(arrive(otherBody)).toEqual({ status: 'duplicate', eventId: 2 })
    expect(temp.ledger.fanOut.pending(9).map(({ id }) => id)).toEqual([2])
  })

  it('are told once, when both are true', () => {
    arrive()
    arrive(otherBody)
    settle(2)
    expect(settle(1)).toEqual(untold)
    expect(temp.ledger.fanOut.pending(9).map(({ id }) => id)).toEqual([2])
  })

  it('are kept as one more without their bodies, and held, when 8 wait already', () => {
    const body = (number: number) => ({ payload: Buffer.from(`body ${number}`) })
    for (let number = 1; number <= 8; number++) arrive(body(number))
    expect(arrive(body(9))).toEqual({ status: 'pushed', eventId: 9 })
    expect(readAccepted(temp.ledger.releases.payload(9) as Buffer)).toMatchObject({
      name: 'rails',
      version: '8.0.0',
      platform: 'ruby',
      yanked: false,
      facts: { info: null, sha: null },
    })
    expect(event(9)).toMatchObject({ contradicted_at: testTime, check_at: testTime })
    expect(arrive(body(10))).toEqual({ status: 'duplicate', eventId: 9 })
    expect(arrive(body(3))).toEqual({ status: 'duplicate', eventId: 3 })
    expect(arrive({ ...body(9), yanked: true })).toEqual({ status: 'yanked', eventId: 10 })
    expect(arrive({ ...body(10), yanked: true })).toEqual({ status: 'duplicate', eventId: 10 })
    expect(arrive({ ...body(9), platform: 'java' })).toEqual({ status: 'pushed', eventId: 11 })
    for (const id of [3, 4, 5]) temp.ledger.claims.refute(id, 'Another file.', testTime)
    expect(arrive(body(11))).toEqual({ status: 'pushed', eventId: 12 })
    expect(event(12)).toMatchObject({ contradicted_at: null, payload: Buffer.from('body 11') })
  })

  it('are all kept as they are where nothing is to be checked', () => {
    const body = (number: number) => ({ payload: Buffer.from(`body ${number}`) })
    for (let number = 1; number <= 8; number++) arrive(body(number))
    expect(arrive({ ...body(9), toCheck: false })).toEqual({ status: 'pushed', eventId: 9 })
    expect(releases()).toMatchObject([{ yanked: 0, event_id: 9 }])
    expect(event(9)).toMatchObject({ payload: Buffer.from('body 9'), check_at: null, contradicted_at: null })
  })
})

describe('claims with one header', () => {
  /** `demo1 2.0` and `demo 12.0` have one text, so one header proves both. */
  const one = (index: number): Partial<Arrival> => ({
    ...(index % 2 === 0 ? { gemName: 'demo', number: '12.0' } : { gemName: 'demo1', number: '2.0' }),
    platform: `p${index}`,
  })
  const claimed = (ids: number[]) =>
    ids.map((id) => {
      const { check_at: checkAt, contradicted_at: contradictedAt } = event(id) as Record<
        string,
        number | null
      >
      return { afterMs: Number(checkAt) - testTime, contradictedAt }
    })

  it('are held from the 17th on, and asked about one by one', () => {
    for (let index = 1; index <= 18; index++) arrive(one(index))
    expect(claimed([1, 16, 17, 18])).toEqual([
      { afterMs: 0, contradictedAt: null },
      { afterMs: 0, contradictedAt: null },
      { afterMs: 1_000, contradictedAt: testTime },
      { afterMs: 2_000, contradictedAt: testTime },
    ])
    arrive({ ...one(1), gemName: 'demo', number: '1.20' })
    expect(claimed([19])).toEqual([{ afterMs: 0, contradictedAt: null }])
    for (const id of [1, 2, 3]) temp.ledger.claims.refute(id, 'No.', testTime)
    arrive(one(20))
    expect(claimed([20])).toEqual([{ afterMs: 0, contradictedAt: null }])
  })

  it('are kept up to 100, and beyond where the ledger knows the release', () => {
    arrive({ ...one(0), toCheck: false })
    for (let index = 1; index <= 100; index++) arrive(one(index))
    expect(temp.ledger.claims.count()).toBe(100)
    expect(arrive(one(101))).toEqual({ status: 'crowded' })
    expect(arrive({ ...one(0), yanked: true })).toEqual({ status: 'yanked', eventId: 102 })
    expect(arrive({ gemName: 'other' })).toEqual({ status: 'pushed', eventId: 103 })
    expect(arrive({ ...one(102), source: 'catch-up', toCheck: false })).toMatchObject({ status: 'pushed' })
    expect(temp.query('SELECT id FROM events')).toHaveLength(104)
  })

  it('are counted by an index', () => {
    const plan = temp.query<{ detail: string }>(
      "EXPLAIN QUERY PLAN SELECT 1 FROM claims JOIN events ON id = event_id WHERE claims.gem_name || claims.number = 'demo1'",
    )
    expect(plan.map(({ detail }) => detail).join()).toContain('INDEX claims_signed (<expr>=?)')
  })
})

describe('a claim that is told again', () => {
  it('with the same bytes begins its minute anew, and with other bytes where too many wait', () => {
    const heard = () =>
      temp.query<{ heard_at: number }>('SELECT heard_at FROM claims').map(({ heard_at }) => heard_at)
    arrive()
    arrive({ receivedAt: testTime + 5 })
    expect(heard()).toEqual([testTime + 5])
    expect(temp.ledger.claims.due(testTime, 1)).toMatchObject([
      { receivedAt: testTime, heardAt: testTime + 5 },
    ])
    for (let number = 2; number <= 9; number++) arrive({ payload: Buffer.from(`body ${number}`) })
    arrive({ payload: Buffer.from('body 10'), receivedAt: testTime + 7 })
    expect(heard().at(-1)).toBe(testTime + 7)
  })
})

describe('a claim that the upstream contradicts', () => {
  it('makes nothing new of what is certain, however often both are replayed', () => {
    arrive({ toCheck: false })
    arrive({ yanked: true })
    temp.ledger.claims.postpone(2, testTime + 65_000, 'It is not yanked.', 'contradicted', testTime)
    for (let round = 0; round < 3; round++) {
      expect(arrive()).toEqual({ status: 'duplicate', eventId: 1 })
      expect(arrive({ yanked: true })).toEqual({ status: 'duplicate', eventId: 2 })
    }
    expect(arrive({ ...otherBody, yanked: true })).toEqual({ status: 'yanked', eventId: 3 })
  })
})

describe('a claim that catching up finds at the upstream', () => {
  const found = {
    source: 'catch-up',
    toCheck: false,
    payload: Buffer.from('facts'),
    receivedAt: testTime + 10,
    createdAt: 42,
  } as const

  it('is settled at once, as one event with both sources and the facts of the upstream', () => {
    arrive()
    temp.ledger.claims.postpone(1, testTime + 60_000, 'It answered 404.', 'contradicted', testTime)
    expect(arrive(found)).toEqual({ status: 'pushed', eventId: 1 })
    expect(event(1)).toMatchObject({
      confirmation: 'confirmed',
      doubt: null,
      webhook_at: testTime,
      catch_up_at: testTime + 10,
      payload: Buffer.from('received'),
      facts: Buffer.from('facts'),
      check_at: null,
    })
    expect(releases()).toEqual([{ number: '8.0.0', yanked: 0, event_id: 1, created_at: 42 }])
    expect(temp.ledger.fanOut.pending(9)).toMatchObject([{ id: 1, kind: 'pushed' }])
    expect(temp.ledger.claims.count()).toBe(0)
    expect(temp.ledger.tallies.read()).toMatchObject({ webhook: 0, catchUp: 0, both: 1, confirmed: 1 })
    expect(arrive(found)).toEqual({ status: 'duplicate', eventId: 1 })
  })

  it('is the one that says the same, the first of several', () => {
    arrive({ yanked: true })
    arrive(otherBody)
    arrive()
    expect(arrive({ ...found, isHistory: true })).toEqual({ status: 'pushed', eventId: 2 })
    expect(temp.query('SELECT event_id FROM claims ORDER BY event_id')).toEqual([
      { event_id: 1 },
      { event_id: 3 },
    ])
    expect(settle(3)).toEqual(untold)
    expect(arrive({ ...found, yanked: true })).toEqual({ status: 'yanked', eventId: 1 })
    expect(releases()).toMatchObject([{ yanked: 1, event_id: 1 }])
    expect(temp.ledger.tallies.read()).toMatchObject({ both: 2, catchUp: 0, history: 0 })
  })

  it('does not become the event of what it does not say', () => {
    arrive({ yanked: true })
    expect(arrive(found)).toEqual({ status: 'pushed', eventId: 2 })
    expect(event(1)).toMatchObject({ confirmation: null, catch_up_at: null, check_at: testTime })
    expect(temp.ledger.arrivals.stateOf(rails)).toBe('live')
  })

  it('does not count when it says what is certain already', () => {
    arrive({ toCheck: false })
    arrive({ yanked: true })
    expect(arrive(found)).toEqual({ status: 'duplicate', eventId: 1 })
    expect(event(1)).toMatchObject({ catch_up_at: testTime + 10 })
    expect(dueIds()).toEqual([2])
  })
})

describe('a postponed claim', () => {
  it('is due at its time, with its reason and the number of tries', () => {
    arrive()
    temp.ledger.claims.postpone(1, testTime + 60_000, 'It answered 500.', null, testTime)
    expect(dueIds(testTime + 59_999)).toEqual([])
    expect(temp.ledger.claims.nextCheckAt()).toBe(testTime + 60_000)
    expect(temp.ledger.claims.due(testTime + 60_000, 9)).toMatchObject([
      { checks: 1, doubt: 'It answered 500.', checkAt: testTime + 60_000, receivedAt: testTime },
    ])
    temp.ledger.claims.postpone(1, testTime + 90_000, 'It hung.', null, testTime)
    expect(temp.ledger.claims.due(testTime + 90_000, 9)).toMatchObject([{ checks: 2, doubt: 'It hung.' }])
    expect(temp.ledger.fanOut.pending(9)).toEqual([])
  })

  it('remembers when it was first contradicted', () => {
    arrive()
    const contradictedAfter = (contradictedAt: number | null) => {
      const said = contradictedAt === null ? null : 'contradicted'
      temp.ledger.claims.postpone(1, testTime, 'Other checksum.', said, contradictedAt ?? testTime)
      return temp.ledger.claims.due(testTime, 9)[0]?.contradictedAt
    }
    expect(contradictedAfter(null)).toBeNull()
    expect(contradictedAfter(testTime + 1)).toBe(testTime + 1)
    expect(contradictedAfter(testTime + 2)).toBe(testTime + 1)
    expect(contradictedAfter(null)).toBe(testTime + 1)
  })

  it('remembers since when the upstream agrees, until it contradicts', () => {
    arrive()
    const saidThen = (said: Said, now: number) => {
      temp.ledger.claims.postpone(1, testTime, 'Hm.', said, now)
      const [claim] = temp.ledger.claims.due(testTime, 9)
      return [claim?.agreedAt, claim?.contradictedAt]
    }
    expect(saidThen(null, testTime)).toEqual([null, null])
    expect(saidThen('agreed', testTime + 1)).toEqual([testTime + 1, testTime + 1])
    expect(saidThen('agreed', testTime + 2)).toEqual([testTime + 1, testTime + 1])
    expect(saidThen(null, testTime + 3)).toEqual([testTime + 1, testTime + 1])
    expect(saidThen('contradicted', testTime + 4)).toEqual([null, testTime + 1])
    expect(saidThen('agreed', testTime + 5)).toEqual([testTime + 5, testTime + 1])
  })

  it('is due at once when the clock was set back', () => {
    arrive()
    temp.ledger.claims.postpone(1, testTime + 300_000, 'It answered 404.', 'contradicted', testTime)
    expect(dueIds(testTime - 300_000)).toEqual([])
    expect(dueIds(testTime - 300_001)).toEqual([1])
    expect(dueIds(0)).toEqual([1])
  })

  it('is among those that were not contradicted, unless it was, whenever it is due', () => {
    for (const number of ['1', '2', '3', '4']) arrive({ number })
    temp.ledger.claims.postpone(1, testTime + 60_000, 'It answered 500.', null, testTime)
    temp.ledger.claims.postpone(2, testTime + 60_000, 'Other checksum.', 'contradicted', testTime)
    settle(3)
    const unchecked = (limit: number) =>
      temp.ledger.claims.uncontradicted(limit).map(({ eventId }) => eventId)
    expect(unchecked(9)).toEqual([4, 1])
    expect(unchecked(1)).toEqual([4])
  })
})

describe('what the claims say', () => {
  it('is counted', () => {
    for (const number of ['1', '2', '3', '4', '5', '6']) arrive({ number })
    for (const id of [1, 2, 3]) settle(id)
    for (const id of [4, 5]) settle(id, unconfirmed)
    temp.ledger.claims.refute(6, 'No.', testTime)
    expect(temp.ledger.tallies.read()).toMatchObject({ webhook: 6, confirmed: 3, unconfirmed: 2, refuted: 1 })
  })
})
