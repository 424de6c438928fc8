import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival, Kept } from '../../src/ledger/arrivals.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

function arrival(changes: Partial<Arrival> = {}): Arrival {
  return {
    gemName: 'rails',
    number: '8.0.0',
    platform: 'ruby',
    yanked: false,
    payload: Buffer.from('{}'),
    receivedAt: 1000,
    createdAt: 1000,
    source: 'webhook',
    toCheck: false,
    ...changes,
  }
}

const record = (...arrivals: Arrival[]) => temp.ledger.arrivals.record(arrivals)

describe('what went out from here and comes back', () => {
  it('is no news, whatever has happened since; from elsewhere it is', () => {
    const { installation } = temp.ledger
    const back = { via: ['0123456789ab', installation] }
    record(arrival(), arrival({ yanked: true }))
    expect(record(arrival(back), arrival({ ...back, yanked: true }))).toEqual([
      { status: 'duplicate', eventId: 2 },
      { status: 'duplicate', eventId: 2 },
    ])
    expect(record(arrival({ via: ['0123456789ab'] }))).toEqual([{ status: 'restored', eventId: 3 }])
    expect(temp.query('SELECT via FROM events ORDER BY id')).toEqual([
      { via: null },
      { via: null },
      { via: '0123456789ab' },
    ])
  })

  it('is news where nothing is known of it: the ledger may be a restored one', () => {
    expect(record(arrival({ via: [temp.ledger.installation] }))).toEqual([{ status: 'pushed', eventId: 1 }])
  })
})

describe('arrivals of one commit', () => {
  it('are answered one by one, in order, as if each had come alone', () => {
    const receipts = record(
      arrival(),
      arrival(),
      arrival({ yanked: true }),
      arrival({ platform: 'java' }),
      arrival({ yanked: true }),
      arrival({ yanked: false }),
      arrival({ gemName: 'rack', yanked: true }),
    )
    expect(receipts).toEqual([
      { status: 'pushed', eventId: 1 },
      { status: 'duplicate', eventId: 1 },
      { status: 'yanked', eventId: 2 },
      { status: 'pushed', eventId: 3 },
      { status: 'duplicate', eventId: 2 },
      { status: 'restored', eventId: 4 },
      { status: 'yanked', eventId: 5 },
    ])
  })

  it('may be none', () => {
    expect(record()).toEqual([])
  })

  it('are kept together or not at all', () => {
    const broken = { ...arrival({ number: '9.0.0' }), receivedAt: undefined as unknown as number }
    expect(() => record(arrival(), broken)).toThrow()
    expect(temp.query('SELECT * FROM events')).toEqual([])
    expect(temp.query('SELECT * FROM releases')).toEqual([])
    expect(record(arrival())).toEqual([{ status: 'pushed', eventId: expect.any(Number) }])
  })
})

describe('an arrival', () => {
  it('is kept with all that it says', () => {
    record(arrival({ payload: Buffer.from([0, 255, 1]) }))
    temp.reopen()
    expect(temp.query('SELECT * FROM events')).toMatchObject([
      {
        kind: 'pushed',
        gem_name: 'rails',
        number: '8.0.0',
        platform: 'ruby',
        payload: Buffer.from([0, 255, 1]),
        received_at: 1000,
      },
    ])
  })

  it('keeps only the bytes that belong to it, though they are part of a larger buffer', () => {
    record(arrival({ payload: Buffer.from('before{}after').subarray(6, 8) }))
    expect(temp.ledger.releases.payload(1)).toEqual(Buffer.from('{}'))
  })

  it('that changes nothing leaves the release as it was first seen', () => {
    record(
      arrival(),
      arrival({ yanked: true, receivedAt: 2000 }),
      arrival({ yanked: true, receivedAt: 3000 }),
    )
    expect(temp.query('SELECT * FROM releases')).toMatchObject([
      { first_seen_at: 1000, yanked: 1, event_id: 2 },
    ])
  })

  it('is compared letter by letter', () => {
    const statuses = record(
      arrival({ gemName: 'RedCloth' }),
      arrival({ gemName: 'redcloth' }),
      arrival({ gemName: 'redcloth', number: '8.0.0.0' }),
      arrival({ gemName: 'redcloth', platform: 'Ruby' }),
    ).map(({ status }) => status)
    expect(statuses).toEqual(['pushed', 'pushed', 'pushed', 'pushed'])
  })
})

describe('events', () => {
  it('never take the number of another one, not even after a restart', () => {
    record(arrival())
    temp.change('DELETE FROM events')
    temp.reopen()
    expect(record(arrival({ number: '8.0.1' }))).toEqual([{ status: 'pushed', eventId: 2 }])
  })

  it('are there to tell of until they are checked and fanned out, if anybody wants them', () => {
    record(arrival({ gemName: 'rack' }), arrival({ gemName: 'rack', toCheck: true, number: '8.0.1' }))
    temp.hook({ gemName: 'rails' })
    expect(temp.ledger.arrivals.anyToTell()).toBe(false)
    record(arrival())
    expect(temp.ledger.arrivals.anyToTell()).toBe(true)
    temp.fanOut()
    expect(temp.ledger.arrivals.anyToTell()).toBe(false)
    record(arrival({ number: '8.0.1', toCheck: true }))
    expect(temp.ledger.arrivals.anyToTell()).toBe(true)
  })

  it('follow the state of their release, whatever comes in whatever commits', () => {
    const releases = fc.record({
      gemName: fc.constantFrom('a', 'b'),
      platform: fc.constantFrom('ruby', 'java'),
      yanked: fc.boolean(),
    })
    let round = 0
    fc.assert(
      fc.property(fc.array(fc.array(releases, { maxLength: 8 }), { maxLength: 6 }), (commits) => {
        round += 1
        const state = new Map<string, { yanked: boolean; eventId: number }>()
        for (const commit of commits) {
          const arrivals = commit.map((release) => arrival({ ...release, number: `${round}` }))
          for (const [index, receipt] of record(...arrivals).entries()) {
            const { gemName, platform, yanked } = arrivals[index] as Arrival
            const known = state.get(`${gemName}/${platform}`)
            if (known?.yanked === yanked)
              expect(receipt).toEqual({ status: 'duplicate', eventId: known.eventId })
            else expect(receipt.status).toBe(yanked ? 'yanked' : known === undefined ? 'pushed' : 'restored')
            state.set(`${gemName}/${platform}`, { yanked, eventId: (receipt as Kept).eventId })
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})
