import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fanOutSome } from '../../src/dispatch/fan-out.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const step = () => fanOutSome(temp.ledger, testTime)
const countDeliveries = () =>
  temp.query<{ count: number }>('SELECT count(*) AS count FROM deliveries')[0]?.count ?? 0
const previousOf = (eventId: number) => temp.ledger.deliveries.eventFacts(eventId)?.previous

/** Registers hooks on `*` to so many endpoints, without going through the front door for each. */
function manyHooks(count: number): void {
  const accountId = temp.account()
  const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  temp.change(
    `${numbers} INSERT INTO endpoints (account_id, channel, url, created_at, enabled_at)
     SELECT ?, 'webhook', 'http://127.0.0.1:9/' || n, ?, ? FROM numbers`,
    accountId,
    testTime,
    testTime,
  )
  temp.change(
    `INSERT INTO hooks (account_id, gem_name, url, endpoint_id, created_at)
     SELECT account_id, '*', url, id, created_at FROM endpoints ORDER BY id`,
  )
}

describe('fanOutSome', () => {
  it('has nothing to do without events', () => {
    expect(step()).toBe(false)
  })

  it('writes small events together', () => {
    temp.hook()
    temp.ledger.together(() => {
      for (let version = 0; version < 20; version += 1) temp.arrive({ version: `1.${version}` })
    })
    expect(step()).toBe(false)
    expect(countDeliveries()).toBe(20)
  })

  it('says that there is more until all events are done, however many there are', () => {
    temp.hook()
    temp.ledger.together(() => {
      for (let version = 0; version < 120; version += 1) temp.arrive({ version: `1.${version}` })
    })
    let rounds = 1
    while (step()) rounds += 1
    expect(rounds).toBeGreaterThan(1)
    expect(countDeliveries()).toBe(120)
    expect(temp.ledger.fanOut.pending(1)).toEqual([])
  })

  it('writes 100,000 deliveries in small commits, while events are still received', () => {
    manyHooks(100_000)
    temp.arrive({ version: '1.0' })
    let written = 0
    let largest = 0
    let more = true
    for (let round = 1; more; round += 1) {
      more = step()
      const count = countDeliveries()
      largest = Math.max(largest, count - written)
      written = count
      if (round === 3) temp.arrive({ version: '2.0' })
    }
    expect(largest).toBeLessThanOrEqual(500)
    expect(written).toBe(200_000)
    expect(
      temp.query('SELECT event_id, count(DISTINCT endpoint_id) AS count FROM deliveries GROUP BY event_id'),
    ).toEqual([
      { event_id: 1, count: 100_000 },
      { event_id: 2, count: 100_000 },
    ])
  })

  it('does little at a time where most endpoints are disabled, too', () => {
    manyHooks(3000)
    temp.change('UPDATE endpoints SET disabled_at = 1 WHERE id <= 2990')
    temp.arrive()
    let rounds = 1
    while (step()) rounds += 1
    expect(rounds).toBeGreaterThanOrEqual(6)
    expect(countDeliveries()).toBe(10)
  })
})

describe('the release that a jump is measured from', () => {
  const arrive = (version: string, changes = {}) =>
    temp.arrive({ name: 'rails', version, ...changes }).eventId

  it('is the highest earlier live one when fan-out begins', () => {
    temp.hook()
    const first = arrive('8.0.0')
    arrive('7.2.1')
    arrive('8.0.1')
    arrive('8.0.1', { yanked: true })
    arrive('9.0.0')
    const event = arrive('8.0.2')
    temp.arrive({ name: 'rack', version: '8.0.1' })
    temp.fanOut()
    expect(previousOf(event)).toBe('8.0.0')
    expect(previousOf(first)).toBe('7.2.1')
  })

  it('is none for a first release', () => {
    temp.hook()
    const event = arrive('8.0.0')
    temp.fanOut()
    expect(previousOf(event)).toBeNull()
  })

  it('is the same for all platforms of a version', () => {
    temp.hook()
    arrive('8.0.0')
    const events = ['ruby', 'java'].map((platform) => arrive('8.0.1', { platform }))
    temp.fanOut()
    expect(events.map(previousOf)).toEqual(['8.0.0', '8.0.0'])
  })

  it('does not change while chunks are written', () => {
    manyHooks(1200)
    arrive('8.0.0')
    while (step());
    const event = arrive('8.0.2')
    step()
    expect(previousOf(event)).toBe('8.0.0')
    arrive('8.0.1')
    while (step());
    expect(previousOf(event)).toBe('8.0.0')
  })
})
