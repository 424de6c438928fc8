import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PendingEvent } from '../../src/ledger/fan-out.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const urlOf = (number: number) => `http://127.0.0.1:9/${number}`
const hookTo = (number: number, gemName = '*') => temp.hook({ gemName, url: urlOf(number) })
const disable = (endpointId: number) =>
  temp.change('UPDATE endpoints SET disabled_at = 1 WHERE id = ?', endpointId)

/** Writes at most `limit` rows of the oldest event in one commit; undefined when there is no event. */
function chunk(limit: number, mishap?: () => void): number | undefined {
  const { fanOut, together } = temp.ledger
  const [event] = fanOut.pending(1)
  if (event === undefined) return undefined
  return together(() => {
    const written = fanOut.write(event, fanOut.next(event, limit), testTime)
    mishap?.()
    return written
  })
}

const endpointsOf = (eventId: number) =>
  temp
    .query<{ endpoint_id: number }>(
      'SELECT endpoint_id FROM deliveries WHERE event_id = ? ORDER BY endpoint_id',
      eventId,
    )
    .map((row) => row.endpoint_id)

function pendingEvent(): PendingEvent {
  const [event] = temp.ledger.fanOut.pending(1)
  if (event === undefined) throw new Error('no event')
  return event
}

describe('an event', () => {
  it('goes to hooks on its gem and to hooks on *, in every account, and to no others', () => {
    const wanted = [
      temp.hook({ gemName: 'rails', url: urlOf(1) }),
      temp.hook({ gemName: '*', url: urlOf(2) }),
      temp.hook({ gemName: 'rails', url: urlOf(1), account: 'other' }),
      temp.hook({ gemName: '*', url: 'mailto:a@example.com', channel: 'email', account: 'third' }),
    ]
    for (const gemName of ['rack', 'Rails', 'rails-html-sanitizer', 'rail']) hookTo(9, gemName)
    const { eventId } = temp.arrive({ name: 'rails' })
    temp.fanOut()
    expect(endpointsOf(eventId)).toEqual(wanted)
  })

  it('makes one delivery for an endpoint that several hooks name', () => {
    const endpoint = hookTo(1, 'rails')
    hookTo(1, '*')
    hookTo(1, 'rack')
    const { eventId } = temp.arrive({ name: 'rails' })
    temp.fanOut()
    expect(endpointsOf(eventId)).toEqual([endpoint])
  })

  it('leaves disabled endpoints out', () => {
    const endpoints = [1, 2, 3].map((number) => hookTo(number))
    disable(endpoints[1] ?? 0)
    const { eventId } = temp.arrive()
    temp.fanOut()
    expect(endpointsOf(eventId)).toEqual([endpoints[0], endpoints[2]])
  })

  it('is owed at once, on the channel of its endpoint', () => {
    hookTo(1)
    temp.hook({ url: 'mailto:a@example.com', channel: 'email' })
    temp.arrive()
    temp.fanOut(testTime + 7)
    const owed = {
      state: 'pending',
      stage: 'due',
      due_at: testTime + 7,
      created_at: testTime + 7,
      attempts: 0,
    }
    expect(temp.query('SELECT * FROM deliveries ORDER BY id')).toMatchObject([
      { ...owed, channel: 'webhook' },
      { ...owed, channel: 'email' },
    ])
  })

  it('that nobody wants is done with', () => {
    hookTo(1, 'rack')
    temp.arrive({ name: 'rails' })
    temp.fanOut()
    expect(temp.ledger.fanOut.pending(10)).toEqual([])
    expect(temp.ledger.deliveries.countPending()).toBe(0)
  })

  it('does not go to hooks that came after it was fanned out', () => {
    hookTo(1)
    temp.arrive({ version: '1' })
    temp.fanOut()
    hookTo(2)
    temp.arrive({ version: '2' })
    temp.fanOut()
    expect(endpointsOf(1)).toHaveLength(1)
    expect(endpointsOf(2)).toHaveLength(2)
  })

  it('waits its turn: the oldest comes first', () => {
    hookTo(1)
    for (const version of ['1', '2', '3']) temp.arrive({ version })
    expect(temp.ledger.fanOut.pending(2)).toMatchObject([
      { id: 1, kind: 'pushed', gemName: 'gemherald-demo', number: '1', cursor: null },
      { id: 2, number: '2' },
    ])
  })
})

describe('chunks', () => {
  it('hold no more than they may, and the last one says so', () => {
    for (let number = 0; number < 7; number += 1) hookTo(number)
    temp.arrive()
    const written: (number | undefined)[] = []
    while (temp.ledger.fanOut.pending(1).length > 0) written.push(chunk(3))
    expect(written).toEqual([3, 3, 1])
  })

  it('end where they should when the last one is full', () => {
    for (let number = 0; number < 6; number += 1) hookTo(number)
    const { eventId } = temp.arrive()
    while (chunk(3) !== undefined);
    expect(endpointsOf(eventId)).toHaveLength(6)
  })

  it('go on over a stretch of disabled endpoints', () => {
    const endpoints = Array.from({ length: 10 }, (_, number) => hookTo(number))
    for (const endpoint of endpoints.slice(2, 8)) disable(endpoint)
    const { eventId } = temp.arrive()
    while (chunk(2) !== undefined);
    expect(endpointsOf(eventId)).toEqual([...endpoints.slice(0, 2), ...endpoints.slice(8)])
  })

  it('written twice make no second delivery', () => {
    for (let number = 0; number < 4; number += 1) hookTo(number)
    const { eventId } = temp.arrive()
    const event = pendingEvent()
    const { fanOut } = temp.ledger
    const first = fanOut.next(event, 3)
    expect([fanOut.write(event, first, testTime), fanOut.write(event, first, testTime)]).toEqual([3, 0])
    while (chunk(3) !== undefined);
    expect(endpointsOf(eventId)).toHaveLength(4)
  })

  const setup = fc.record({
    hooks: fc.array(
      fc.record({
        gemName: fc.constantFrom('rails', '*', 'rack'),
        number: fc.integer({ min: 0, max: 12 }),
        account: fc.constantFrom('default', 'other'),
      }),
      { minLength: 1, maxLength: 25 },
    ),
    disabled: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }),
    steps: fc.array(
      fc.record({
        limit: fc.integer({ min: 1, max: 6 }),
        mishap: fc.constantFrom('none', 'none', 'rollback', 'restart'),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  })

  it('of any size, with a crash at any point, come to one delivery for each wanting endpoint', () => {
    fc.assert(
      fc.property(setup, ({ hooks, disabled, steps }) => {
        const outer = temp
        temp = openTempLedger()
        try {
          const wanted = new Set<number>()
          for (const { gemName, number, account } of hooks) {
            const endpoint = temp.hook({ gemName, url: urlOf(number), account })
            if (gemName !== 'rack' && !disabled.includes(endpoint)) wanted.add(endpoint)
          }
          for (const endpoint of disabled) disable(endpoint)
          const { eventId } = temp.arrive({ name: 'rails' })
          for (const { limit, mishap } of steps) {
            if (mishap === 'rollback') crashIn(limit)
            else chunk(limit)
            if (mishap === 'restart') temp.reopen()
          }
          while (chunk(5) !== undefined);
          expect(endpointsOf(eventId)).toEqual([...wanted].sort((a, b) => a - b))
        } finally {
          temp.remove()
          temp = outer
        }
      }),
      { numRuns: 25 },
    )
  })
})

/** Begins a chunk and crashes before it is committed. */
function crashIn(limit: number): void {
  const crash = new Error('crash')
  try {
    chunk(limit, () => {
      throw crash
    })
  } catch (error) {
    if (error !== crash) throw error
  }
}
