import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import { retrySchedule } from '../../src/retry.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
let us: number
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
})
afterEach(() => temp.remove())

const failed: Partial<Outcome> = { verdict: 'retry', statusCode: 500, error: 'It answered 500.' }
const dead: Partial<Outcome> = { verdict: 'dead', statusCode: 400, error: 'It answered 400.' }
const later = testTime + 1000

const redeliver = (id = 1) => temp.ledger.redeliver.one(us, id, later)
const record = (attempt: number, changes: Partial<Outcome> = {}, deliveryId = 1) =>
  temp.ledger.outcomes.record([outcomeOf({ deliveryId, attempt }, changes)], later, later, () => 0.5)[0]
const shown = (id = 1) => temp.ledger.deliveryList.find(us, id)
const numbers = (id = 1) => temp.ledger.deliveryList.tries(us, id).map(({ number }) => number)

/** Hands out what is due; the number of each attempt. */
function handOut(): number[] {
  const leases = temp.due()
  temp.ledger.deliveries.lease(leases, later + 60_000)
  return leases.map(({ attempt }) => attempt)
}

/** A delivery to one endpoint about a new release: the first has id 1. */
function owe(version = '1'): void {
  temp.hook()
  temp.arrive({ version })
  temp.fanOut()
}

/** Hands it out and fails, until nothing is left of the schedule; the numbers of the attempts. */
function failThroughSchedule(): number[] {
  const attempts: number[] = []
  while (shown()?.state === 'pending') {
    temp.ledger.deliveries.promote(Number.MAX_SAFE_INTEGER, 10)
    for (const attempt of handOut()) {
      attempts.push(attempt)
      record(attempt, failed)
    }
  }
  return attempts
}

const whole = retrySchedule.length + 1

describe('a delivery that is asked for again', () => {
  it('has the whole schedule before it, and its attempts go on counting', () => {
    owe()
    expect(failThroughSchedule()).toHaveLength(whole)
    expect(shown()).toMatchObject({ state: 'dead', attempts: whole, finishedAt: later })
    expect(redeliver()).toBe('redelivered')
    expect(shown()).toMatchObject({ state: 'pending', attempts: whole, finishedAt: null, nextTryAt: null })
    expect(failThroughSchedule()).toEqual(Array.from({ length: whole }, (_, index) => whole + 1 + index))
    expect(shown()).toMatchObject({ state: 'dead', attempts: 2 * whole })
    expect(numbers()).toEqual(Array.from({ length: 2 * whole }, (_, index) => index + 1))
    expect(temp.ledger.hooks.list(us)).toMatchObject([{ failureCount: 2 }])
  })

  it('waits as long as a new one does', () => {
    owe()
    record(1, failed)
    record(2, dead)
    redeliver()
    handOut()
    record(3, failed)
    expect(shown()).toMatchObject({ state: 'pending', nextTryAt: later + 5000 })
  })

  it('may have succeeded', () => {
    owe()
    record(1)
    expect(redeliver()).toBe('redelivered')
    expect(handOut()).toEqual([2])
    expect(record(2)).toMatchObject({ fresh: true })
    expect(shown()).toMatchObject({ state: 'succeeded', attempts: 2 })
  })

  it('may be asked for again and again', () => {
    owe()
    for (let round = 1; round <= 4; round += 1) {
      expect(handOut()).toEqual([round])
      record(round, round % 2 === 0 ? {} : dead)
      expect(redeliver()).toBe('redelivered')
    }
    expect(numbers()).toEqual([1, 2, 3, 4])
  })

  it('keeps its message', () => {
    owe()
    record(1, dead)
    redeliver()
    expect(temp.due()).toMatchObject([{ deliveryId: 1, eventId: 1, attempt: 2 }])
  })

  it('goes at once when it waits, and its schedule goes on', () => {
    owe()
    handOut()
    record(1, failed)
    expect(temp.due()).toEqual([])
    expect(redeliver()).toBe('redelivered')
    expect(handOut()).toEqual([2])
    record(2, failed)
    expect(shown()).toMatchObject({ nextTryAt: later + 5 * 60_000 })
  })

  it('is under way already when it is due or handed out', () => {
    owe()
    expect(redeliver()).toBe('under_way')
    handOut()
    expect(redeliver()).toBe('under_way')
    expect(temp.ledger.deliveries.isLeased(1)).toBe(true)
    record(1, dead)
    redeliver()
    expect(redeliver()).toBe('under_way')
  })

  it("is not found when it is not there, or is another account's", () => {
    owe()
    record(1, dead)
    expect(temp.ledger.redeliver.one(temp.account('them'), 1, later)).toBe('not_found')
    expect(redeliver(2)).toBe('not_found')
    expect(shown()).toMatchObject({ state: 'dead' })
  })

  it.each<[string, () => unknown]>([
    ['its endpoint is disabled', () => temp.ledger.endpoints.disable(us, 1, 'because', testTime)],
    ['no hook leads to its endpoint any more', () => temp.ledger.hooks.removeAddress(1, testTime)],
  ])('stays as it is while %s', (_title, prepare) => {
    owe()
    record(1, dead)
    prepare()
    expect(redeliver()).toBe('endpoint_disabled')
    expect(shown()).toMatchObject({ state: 'dead', finishedAt: later })
    temp.hook({ gemName: 'other' })
    expect(redeliver()).toBe('redelivered')
  })
})

describe('a delivery that was cancelled', () => {
  const cancel = () => {
    temp.ledger.endpoints.disable(us, 1, 'because', testTime)
    temp.ledger.endpoints.enable(us, 1, testTime)
  }

  it('passes over what was recorded after it was cancelled, though nothing was handed out then', () => {
    owe()
    record(1, failed)
    cancel()
    record(2)
    redeliver()
    expect(handOut()).toEqual([3])
  })

  it('before anything was tried begins with its first attempt', () => {
    owe()
    cancel()
    expect(redeliver()).toBe('redelivered')
    expect(handOut()).toEqual([1])
  })

  const underWay = () => temp.ledger.deliveries.withdrawn()
  const endLease = () => temp.ledger.deliveries.forgetWithdrawn(underWay())

  describe('while an attempt was under way', () => {
    beforeEach(() => {
      owe()
      record(1, failed)
      temp.ledger.deliveries.promote(Number.MAX_SAFE_INTEGER, 10)
      expect(handOut()).toEqual([2])
      cancel()
    })

    it('is under way until its outcome has come', () => {
      expect(redeliver()).toBe('under_way')
      expect(shown()).toMatchObject({ state: 'cancelled' })
      expect(temp.due()).toEqual([])
      // That of another attempt says nothing of this one.
      record(1, failed)
      record(7, failed)
      expect(redeliver()).toBe('under_way')
      record(2)
      expect(underWay()).toEqual([])
      expect(redeliver()).toBe('redelivered')
    })

    it('is under way until its lease has ended', () => {
      expect(underWay()).toMatchObject([{ deliveryId: 1, attempt: 2, leaseUntil: later + 60_000 }])
      expect(temp.ledger.deliveries.isLeased(1)).toBe(true)
      endLease()
      expect(temp.ledger.deliveries.isLeased(1)).toBe(false)
      expect(redeliver()).toBe('redelivered')
    })

    it('is under way over a restart, but where all was lost with the process', () => {
      temp.reopen()
      expect(redeliver()).toBe('under_way')
      temp.ledger.deliveries.releaseAll(['inbox', 'slack'])
      expect(redeliver()).toBe('under_way')
      temp.ledger.deliveries.releaseAll()
      expect(redeliver()).toBe('redelivered')
    })

    it('is refused for its endpoint first', () => {
      temp.ledger.endpoints.disable(us, 1, 'because', testTime)
      expect(redeliver()).toBe('endpoint_disabled')
    })

    it('passes its number over, so that an outcome after its lease is nothing but history', () => {
      endLease()
      expect(redeliver()).toBe('redelivered')
      expect(temp.due()).toMatchObject([{ attempt: 3 }])
      expect(record(2)).toMatchObject({ fresh: true, died: false, disabled: null })
      expect(shown()).toMatchObject({ state: 'pending' })
      expect(handOut()).toEqual([3])
      expect(record(3)).toMatchObject({ fresh: true })
      expect(shown()).toMatchObject({ state: 'succeeded', attempts: 3 })
      expect(numbers()).toEqual([1, 2, 3])
    })

    it('takes a death that comes late for history, too', () => {
      endLease()
      redeliver()
      handOut()
      expect(record(2, { ...dead, endpointGone: true })).toMatchObject({
        fresh: true,
        died: false,
        disabled: null,
      })
      expect(shown()).toMatchObject({ state: 'pending', endpointDisabled: false })
      record(3, failed)
      expect(shown()).toMatchObject({ state: 'pending', nextTryAt: later + 5000 })
    })

    it('passes nothing over when the outcome came before', () => {
      record(2)
      redeliver()
      expect(handOut()).toEqual([3])
    })

    it('passes its number over once, though it is cancelled again', () => {
      endLease()
      redeliver()
      cancel()
      redeliver()
      expect(handOut()).toEqual([3])
    })

    it('that came late does not end what is under way now', () => {
      endLease()
      redeliver()
      expect(handOut()).toEqual([3])
      cancel()
      record(2)
      expect(redeliver()).toBe('under_way')
      record(3)
      expect(redeliver()).toBe('redelivered')
    })
  })
})

describe('dead deliveries', () => {
  const url = (index: number) => `http://127.0.0.1:9/${index}`
  const again = (filter = {}, limit = 100) => temp.ledger.redeliver.dead(us, filter, null, limit, later)

  /** So many endpoints of ours and one of theirs, whose deliveries about so many releases all died, one ms after another. */
  function kill(endpoints: number, releases: number): void {
    for (let index = 1; index <= endpoints; index += 1) temp.hook({ url: url(index) })
    temp.hook({ account: 'them' })
    for (let version = 1; version <= releases; version += 1) temp.arrive({ version: `${version}` })
    temp.fanOut()
    for (const [index, lease] of temp.due().entries())
      temp.ledger.outcomes.record([outcomeOf(lease, dead)], testTime + index, testTime)
  }
  const pending = () =>
    temp
      .query<{ id: number }>(`SELECT id FROM deliveries WHERE state = 'pending' ORDER BY id`)
      .map(({ id }) => id)

  it('of the account begin anew, all of them', () => {
    kill(2, 3)
    expect(temp.ledger.redeliver.countDead(us, {}, null).count).toBe(6)
    expect(again()).toEqual({ redelivered: 6, skipped: 0, next: null })
    expect(temp.ledger.redeliver.countDead(us, {}, null).count).toBe(0)
    expect(temp.ledger.redeliver.countDead(temp.account('them'), {}, null).count).toBe(3)
    expect(handOut()).toEqual([2, 2, 2, 2, 2, 2])
  })

  it('are taken from the newest on, so many at a time', () => {
    kill(2, 2)
    const first = temp.ledger.redeliver.dead(us, {}, null, 3, later)
    expect(first).toEqual({ redelivered: 3, skipped: 0, next: { eventId: 1, id: 2 } })
    expect(pending()).toEqual([2, 4, 5])
    const second = temp.ledger.redeliver.dead(us, {}, first.next, 3, later)
    expect(second).toEqual({ redelivered: 1, skipped: 0, next: null })
  })

  it('that die again meanwhile are not met again', () => {
    kill(1, 3)
    const { next } = temp.ledger.redeliver.dead(us, {}, null, 2, later)
    record(2, dead, pending()[0])
    expect(temp.ledger.redeliver.dead(us, {}, next, 2, later)).toEqual({
      redelivered: 1,
      skipped: 0,
      next: null,
    })
    expect(temp.ledger.redeliver.countDead(us, {}, null).count).toBe(1)
  })

  it('can be those of an endpoint, of an event, or of a time', () => {
    kill(2, 3)
    const [theirs] = temp.query<{ id: number }>('SELECT id FROM endpoints WHERE account_id <> ?', us)
    const died = (id: number) => shown(id)?.finishedAt ?? 0
    const count = (filter: object) => temp.ledger.redeliver.countDead(us, filter, null).count
    expect(count({ endpointId: theirs?.id })).toBe(0)
    expect(again({ endpointId: theirs?.id })).toEqual({ redelivered: 0, skipped: 0, next: null })
    expect(count({ endpointId: 1 })).toBe(3)
    expect(count({ since: died(1), until: died(4) })).toBe(1)
    expect(again({ since: died(1), until: died(4) })).toMatchObject({ redelivered: 1 })
    expect(pending()).toEqual([1])
    expect(again({ endpointId: 2, eventId: 1 })).toMatchObject({ redelivered: 1 })
    expect(pending()).toEqual([1, 2])
    expect(again({ endpointId: 1 })).toMatchObject({ redelivered: 2 })
    expect(pending()).toEqual([1, 2, 4, 7])
  })

  it('are looked at so many at a time, whether they match or not', () => {
    kill(1, 5)
    const filter = { since: 0, until: testTime + 1 }
    expect(temp.ledger.redeliver.dead(us, filter, null, 2, later)).toMatchObject({
      redelivered: 0,
      skipped: 0,
      next: { eventId: 4 },
    })
  })

  it('of an endpoint that is disabled are skipped', () => {
    kill(2, 2)
    temp.ledger.endpoints.disable(us, 1, 'because', testTime)
    expect(again()).toEqual({ redelivered: 2, skipped: 2, next: null })
    expect(temp.ledger.redeliver.countDead(us, { endpointId: 1 }, null).count).toBe(2)
  })
})
