import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Redeliver } from '../../src/ledger/redeliver.js'
import { createRedeliveries, type Redeliveries } from '../../src/redeliver/redeliveries.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { event, keepDeliveries, keepEvents } from '../ledger/list-scene.js'

let temp: TempLedger
let us: number
let redeliver: Redeliver
let woken: number
let logs: Record<string, unknown>[]
let redeliveries: Redeliveries
beforeEach(() => {
  temp = openTempLedger()
  us = temp.account()
  redeliver = temp.ledger.redeliver
  woken = 0
  logs = []
  redeliveries = createRedeliveries({
    ledger: { redeliver: { ...redeliver, dead: (...asked) => redeliver.dead(...asked) } },
    now: () => testTime,
    wake: () => {
      woken += 1
    },
    log: pino({ level: 'debug' }, { write: (line) => logs.push(JSON.parse(line)) }),
  })
})
afterEach(async () => {
  await redeliveries.stop()
  temp.remove()
})

/** So many deliveries to an endpoint of ours that died; its id. */
function kill(count: number): number {
  const endpointId = temp.hook()
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  keepEvents(
    temp,
    ids.map((id) => event({ id })),
  )
  keepDeliveries(
    temp,
    ids.map((id) => ({ id, eventId: id, endpointId, state: 'dead', finishedAt: testTime })),
  )
  return endpointId
}

const ended = (id: string) =>
  until('the redelivery has ended', () => redeliveries.get(us, id)?.state !== 'running')

it('goes on by itself until all that match are asked for again', async () => {
  const endpointId = kill(1200)
  const filter = { endpointId }
  const begun = redeliveries.start(us, filter)
  expect(begun).toEqual({ id: begun.id, filter, total: 1200, done: 0, skipped: 0, state: 'running' })
  await ended(begun.id)
  expect(redeliveries.get(us, begun.id)).toEqual({ ...begun, done: 1200, state: 'finished' })
  expect(redeliver.countDead(us, {}, null).count).toBe(0)
  expect(woken).toBe(3)
})

it('lets other work run between its steps', async () => {
  kill(1200)
  const { id } = redeliveries.start(us, {})
  const seen = new Set<number>()
  while (redeliveries.get(us, id)?.state === 'running') {
    seen.add(redeliveries.get(us, id)?.done ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([...seen]).toEqual([0, 500, 1000])
})

it('counts many little by little, all of them before the first one goes', async () => {
  kill(4500)
  const { id, total } = redeliveries.start(us, {})
  const totals = new Set([total])
  while (redeliveries.get(us, id)?.done === 0) {
    totals.add(redeliveries.get(us, id)?.total ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([...totals]).toEqual([2000, 4000, 4500])
  await ended(id)
  expect(redeliveries.get(us, id)).toMatchObject({ total: 4500, done: 4500, state: 'finished' })
})

it('counts what it had to skip', async () => {
  const endpointId = kill(3)
  temp.ledger.endpoints.disable(us, endpointId, 'because', testTime)
  const { id } = redeliveries.start(us, {})
  await ended(id)
  expect(redeliveries.get(us, id)).toMatchObject({ total: 3, done: 3, skipped: 3, state: 'finished' })
  expect(woken).toBe(0)
})

it('of nothing is finished at once', async () => {
  const { id } = redeliveries.start(us, {})
  await ended(id)
  expect(redeliveries.get(us, id)).toMatchObject({ total: 0, done: 0, state: 'finished' })
})

it('never says that more is done than there is', async () => {
  kill(3)
  const { dead } = redeliver
  redeliver = { ...redeliver, dead: (...asked) => ({ ...dead(...asked), redelivered: 5 }) }
  const { id } = redeliveries.start(us, {})
  await ended(id)
  expect(redeliveries.get(us, id)).toMatchObject({ total: 5, done: 5 })
})

it('is seen by its account only', () => {
  const { id } = redeliveries.start(us, {})
  expect(redeliveries.get(temp.account('them'), id)).toBeUndefined()
  expect(redeliveries.get(us, 'other')).toBeUndefined()
  expect(redeliveries.get(us, id)).toBeDefined()
})

it('says so when it fails', async () => {
  kill(1)
  redeliver = {
    ...redeliver,
    dead: () => {
      throw new Error('disk full')
    },
  }
  const { id } = redeliveries.start(us, {})
  await ended(id)
  expect(redeliveries.get(us, id)).toMatchObject({ state: 'failed', done: 0 })
  expect(logs).toMatchObject([{ err: { message: 'disk full' }, msg: 'redelivery ended early' }])
})

it('ends after the step it is at when gemherald stops', async () => {
  kill(1200)
  const { dead } = redeliver
  let stopped: Promise<void> | undefined
  redeliver = {
    ...redeliver,
    dead(...asked) {
      stopped = redeliveries.stop()
      return dead(...asked)
    },
  }
  redeliveries.start(us, {})
  await until('the first step is begun', () => stopped !== undefined)
  await stopped
  expect([woken, redeliver.countDead(us, {}, null).count]).toEqual([1, 700])
})

it('is remembered until a hundred newer ones of its account have begun', async () => {
  const theirs = redeliveries.start(us + 1, {}).id
  const ids = Array.from({ length: 101 }, (_, until) => redeliveries.start(us, { until }).id)
  const known = () => ids.filter((id) => redeliveries.get(us, id) !== undefined)
  // None is forgotten while it runs.
  expect(known()).toEqual(ids)
  await Promise.all(ids.map(ended))
  await ended(redeliveries.start(us, {}).id)
  expect(known()).toEqual(ids.slice(2))
  expect(redeliveries.get(us + 1, theirs)).toBeDefined()
})

it('goes on one after the other for each account', async () => {
  kill(1200)
  const [first, second] = [redeliveries.start(us, { since: 1 }), redeliveries.start(us, { since: 2 })]
  while (redeliveries.get(us, first.id)?.state === 'running') {
    expect(redeliveries.get(us, second.id)?.done).toBe(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ended(second.id)
  expect(redeliveries.get(us, second.id)).toMatchObject({ state: 'finished', skipped: 0 })
})

it('does not begin twice while the same is running', async () => {
  kill(1200)
  const first = redeliveries.start(us, { since: 0 })
  expect(redeliveries.start(us, { since: 0 }).id).toBe(first.id)
  expect(redeliveries.start(us, {}).id).not.toBe(first.id)
  await ended(first.id)
  expect(redeliveries.start(us, { since: 0 }).id).not.toBe(first.id)
})
