import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Arrival } from '../../src/ledger/arrivals.js'
import { rehearse } from '../../src/reconcile/rehearsal.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

it('says what the ledger would, and changes nothing', () => {
  temp.arrive({ name: 'rails', version: '1' })
  const arrival = (number: string, yanked: boolean): Arrival => ({
    gemName: 'rails',
    number,
    platform: 'ruby',
    yanked,
    payload: Buffer.from('{}'),
    receivedAt: 1,
    createdAt: 1,
    source: 'catch-up',
    toCheck: false,
  })
  const arrivals = [
    arrival('1', false),
    arrival('2', false),
    arrival('1', true),
    arrival('2', false),
    arrival('1', true),
    arrival('1', false),
  ]
  const keep = rehearse(temp.ledger.arrivals)
  const rehearsed = [...keep(arrivals.slice(0, 3)), ...keep(arrivals.slice(3))]
  expect(temp.query('SELECT id FROM events')).toHaveLength(1)
  const statuses = (receipts: { status: string }[]) => receipts.map(({ status }) => status)
  expect(statuses(rehearsed)).toEqual(statuses(temp.ledger.arrivals.record(arrivals)))
})
