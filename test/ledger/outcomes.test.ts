import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import type { Lease } from '../../src/ledger/deliveries.js'
import { openTempLedger, outcomeOf, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const failed: Partial<Outcome> = { verdict: 'retry', statusCode: 500, error: 'It answered 500.' }
const dead: Partial<Outcome> = { verdict: 'dead', statusCode: 400, error: 'It answered 400.' }
const gone: Partial<Outcome> = { verdict: 'dead', statusCode: 410, endpointGone: true }

const record = (outcomes: Outcome[], now = testTime) =>
  temp.ledger.outcomes.record(outcomes, now, now, () => 0.5)
const delivery = (id: number) => temp.query('SELECT * FROM deliveries WHERE id = ?', id)[0]
const attempts = () => temp.query('SELECT * FROM attempts ORDER BY delivery_id, number')
const endpoint = () => temp.query('SELECT * FROM endpoints')[0]
const failureCounts = () =>
  temp.query('SELECT gem_name AS gem, failure_count AS failures FROM hooks ORDER BY id')

/** A delivery that was handed out: about a release of its own, to a hook on `*`. */
function oweOne(version: string): Lease {
  temp.hook()
  const { eventId } = temp.arrive({ version })
  temp.fanOut()
  const lease = temp.due().find((one) => one.eventId === eventId)
  if (lease === undefined) throw new Error('nothing is due')
  temp.ledger.deliveries.lease([lease], testTime + 1000)
  return lease
}

describe('an attempt', () => {
  it('is kept with all that it came to', () => {
    const outcome = outcomeOf(oweOne('1'), {
      startedAt: testTime + 3,
      durationMs: 250,
      verdict: 'retry',
      statusCode: 503,
      response: 'busy',
      error: 'It answered 503.',
    })
    record([outcome])
    expect(attempts()).toEqual([
      {
        delivery_id: 1,
        number: 1,
        started_at: testTime + 3,
        duration_ms: 250,
        verdict: 'retry',
        status_code: 503,
        response: 'busy',
        error: 'It answered 503.',
      },
    ])
  })

  it('is kept, every one of them, until the delivery is dead', () => {
    const lease = oweOne('1')
    const waits: unknown[] = []
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      record([outcomeOf({ ...lease, attempt }, failed)])
      waits.push(Number(delivery(1)?.due_at) - testTime)
    }
    expect(attempts().map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const minute = 60_000
    expect(waits).toEqual([
      5000,
      5 * minute,
      30 * minute,
      120 * minute,
      300 * minute,
      600 * minute,
      600 * minute,
      0,
    ])
    expect(delivery(1)).toMatchObject({ state: 'dead', stage: null, attempts: 8, finished_at: testTime })
  })

  it.each<[string, Partial<Outcome>, object]>([
    ['that succeeded ends the delivery', {}, { state: 'succeeded', stage: null, finished_at: testTime + 9 }],
    ['that can never succeed ends it', dead, { state: 'dead', stage: null, finished_at: testTime + 9 }],
    [
      'that failed makes it wait',
      failed,
      { state: 'pending', stage: 'waiting', due_at: testTime + 5009, finished_at: null },
    ],
    [
      'that was told to come back later makes it wait as long',
      { ...failed, statusCode: 503, retryAfterMs: 90_000 },
      { state: 'pending', stage: 'waiting', due_at: testTime + 90_009 },
    ],
  ])('%s', (_title, changes, expected) => {
    record([outcomeOf(oweOne('1'), changes)], testTime + 9)
    expect(delivery(1)).toMatchObject({ ...expected, attempts: 1, lease_until: null })
  })

  it('keeps the first 16 KiB of the answer', () => {
    record([outcomeOf(oweOne('1'), { response: 'x'.repeat(16 * 1024) })])
    record([outcomeOf(oweOne('2'), { response: `${'y'.repeat(16 * 1024)}z` })])
    expect(attempts().map(({ response }) => response)).toEqual(['x'.repeat(16_384), 'y'.repeat(16_384)])
  })

  it('never keeps half a character', () => {
    const lease = oweOne('1')
    let attempt = 0
    const characters = fc.constantFrom('a', 'é', '€', '😀', '\u0800', '\u07ff', '\u{10ffff}')
    fc.assert(
      fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 9 }), fc.nat(4), (piece, shift) => {
        attempt += 1
        const response = 'x'.repeat(shift) + piece.repeat(16_384)
        record([outcomeOf({ ...lease, attempt }, { response })])
        const [row] = temp.query<{ response: string }>(
          'SELECT response FROM attempts WHERE number = ?',
          attempt,
        )
        const kept = row?.response ?? ''
        expect(response.startsWith(kept)).toBe(true)
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(16_384)
        expect(Buffer.byteLength(kept)).toBeGreaterThan(16_384 - 4)
      }),
      { numRuns: 60 },
    )
  })
})

describe('recording', () => {
  it('answers what changed', () => {
    const [first, second, third] = ['1', '2', '3'].map(oweOne) as [Lease, Lease, Lease]
    const outcomes = [outcomeOf(first), outcomeOf(second, failed), outcomeOf(third, dead)]
    const { endpointId } = first
    expect(record(outcomes)).toEqual([
      { outcome: outcomes[0], endpointId, fresh: true, died: false, disabled: null },
      { outcome: outcomes[1], endpointId, fresh: true, died: false, disabled: null },
      { outcome: outcomes[2], endpointId, fresh: true, died: true, disabled: null },
    ])
  })

  it.each([
    ['a success', {}],
    ['a failure', failed],
    ['a death', dead],
    ['an address that is gone', gone],
  ])('%s twice changes nothing the second time', (_title, changes) => {
    const outcome = outcomeOf(oweOne('1'), changes)
    record([outcome])
    const before = [delivery(1), endpoint(), failureCounts(), attempts()]
    const [again] = record(
      [{ ...outcome, durationMs: 99, verdict: 'dead', response: 'other' }],
      testTime + 5000,
    )
    expect(again).toMatchObject({ fresh: false, died: false, disabled: null })
    expect([delivery(1), endpoint(), failureCounts(), attempts()]).toEqual(before)
  })

  it('takes the same outcome twice in one commit', () => {
    const outcome = outcomeOf(oweOne('1'), dead)
    expect(record([outcome, outcome]).map(({ fresh }) => fresh)).toEqual([true, false])
    expect(failureCounts()).toEqual([{ gem: '*', failures: 1 }])
  })

  it('leaves out deliveries that are not there', () => {
    const lease = oweOne('1')
    expect(record([outcomeOf({ deliveryId: 99, attempt: 1 }), outcomeOf(lease)])).toHaveLength(1)
    expect(delivery(1)).toMatchObject({ state: 'succeeded' })
  })

  it('may be of nothing', () => {
    expect(record([])).toEqual([])
  })

  it('keeps all outcomes of a commit or none', () => {
    const [first, second] = ['1', '2'].map(oweOne) as [Lease, Lease]
    const broken = outcomeOf(second, { startedAt: undefined as unknown as number })
    expect(() => record([outcomeOf(first), broken])).toThrow()
    expect(attempts()).toEqual([])
    expect(delivery(1)).toMatchObject({ state: 'pending', stage: 'leased' })
  })

  it('of an attempt at a delivery that was cancelled meanwhile keeps the attempt and nothing else', () => {
    const lease = oweOne('1')
    temp.ledger.hooks.remove(
      { accountId: temp.account(), gemName: '*', url: 'http://127.0.0.1:9/hook' },
      testTime,
    )
    const before = endpoint()
    const records = record([outcomeOf(lease, dead), outcomeOf({ ...lease, attempt: 2 }, gone)])
    expect(records).toMatchObject(Array(2).fill({ fresh: true, died: false, disabled: null }))
    // What was handed out is over, so nobody need be told any more.
    expect(delivery(1)).toMatchObject({ state: 'cancelled', stage: null })
    expect(temp.ledger.deliveries.withdrawn()).toEqual([])
    expect(attempts()).toHaveLength(2)
    expect(endpoint()).toEqual(before)
  })

  it('of a late attempt does not bring a finished delivery back', () => {
    const lease = oweOne('1')
    record([outcomeOf(lease)])
    record([outcomeOf({ ...lease, attempt: 2 }, failed)])
    expect(delivery(1)).toMatchObject({ state: 'succeeded', stage: null, attempts: 1 })
    expect(attempts()).toHaveLength(2)
  })
})
