import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../../src/delivery.js'
import { createDispatcher, type Dispatcher } from '../../src/dispatch/dispatcher.js'
import { createInProcessTransport } from '../../src/transport/in-process.js'
import type { Carrier } from '../../src/transport/transport.js'
import { withInbox } from '../../src/transport/with-inbox.js'
import { outcomeOf } from '../helpers/jobs.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'

// A person disables an endpoint, enables it and asks for its deliveries again while their attempts are under way: the endpoint
// must not get a delivery twice at once, nor more than its cap.

const cap = 4
const leaseMs = 20_000

let temp: TempLedger
let dispatcher: Dispatcher | undefined
let time: number
/** The jobs whose attempts are under way, and how to end them. */
let underWay: Map<Job, () => void>
/** The most webhooks that were under way at a time. */
let most: number
beforeEach(() => {
  temp = openTempLedger()
  time = testTime
  underWay = new Map()
  most = 0
})
afterEach(async () => {
  await stop()
  temp.remove()
})

const webhooks = () => [...underWay.keys()].filter(({ channel }) => channel === 'webhook')

const attempt = async (job: Job) => {
  await new Promise<void>((resolve) => {
    underWay.set(job, resolve)
    most = Math.max(most, webhooks().length)
  })
  underWay.delete(job)
  return outcomeOf(job)
}

interface Watched extends Carrier {
  carried: number[]
  /** What it was told to take back, each time. */
  told: number[][]
}

function inProcess(): Watched {
  const carrier = createInProcessTransport(attempt)
  const carried: number[] = []
  const told: number[][] = []
  return {
    ...carrier,
    carried,
    told,
    carry(jobs) {
      carried.push(...jobs.map(({ deliveryId }) => deliveryId))
      return carrier.carry(jobs)
    },
    withdraw(leases) {
      told.push(leases.map(({ deliveryId }) => deliveryId))
      return carrier.withdraw(leases)
    },
  }
}

/** As over Redis: what is out outlives the server, and no outcome comes of it here. `open`: whether Redis is there. */
function overRedis(open: () => boolean = () => true): Watched {
  const { carry: _, ...watched } = inProcess()
  return {
    ...watched,
    leaseMs,
    losesWorkWithProcess: false,
    async carry(jobs) {
      if (open()) watched.carried.push(...jobs.map(({ deliveryId }) => deliveryId))
      return open()
    },
    withdraw: async (leases) => open() && watched.withdraw(leases),
    settled: async () => open(),
  }
}

async function start<C extends Carrier>(carrier: C): Promise<C> {
  const now = () => time
  dispatcher = createDispatcher({
    ledger: temp.ledger,
    transport: withInbox(carrier, attempt),
    now,
    elapsed: now,
    log: pino({ level: 'silent' }),
    recorded: () => {},
    signingKey: () => 'key',
    unsubscribeUrl: () => 'http://127.0.0.1:9/',
    gemPage: (name) => `https://rubygems.org/gems/${name}`,
    allow: [],
  })
  await dispatcher.start()
  return carrier
}

async function stop(): Promise<void> {
  for (const end of underWay.values()) end()
  await dispatcher?.stop(1_000)
  dispatcher = undefined
}

/** The server dies: nothing of what it had under way is recorded. */
async function die(): Promise<void> {
  const kept = temp.query<{ id: number; state: string; stage: string | null; until: number | null }>(
    'SELECT id, state, stage, lease_until AS until FROM deliveries',
  )
  await stop()
  temp.change('DELETE FROM attempts')
  for (const { id, state, stage, until } of kept)
    temp.change(
      'UPDATE deliveries SET state = ?, stage = ?, lease_until = ?, attempts = 0 WHERE id = ?',
      state,
      stage,
      until,
      id,
    )
  temp.reopen()
}

let endpoint: number
function owe(events: number): void {
  endpoint = temp.hook()
  for (let number = 1; number <= events; number += 1) temp.arrive({ version: `${number}` })
  temp.fanOut()
}
function disable(): void {
  temp.ledger.endpoints.disable(temp.account(), endpoint, 'because', time)
}
function enable(): void {
  temp.ledger.endpoints.enable(temp.account(), endpoint, time)
}
function redeliver(id: number): string {
  const became = temp.ledger.redeliver.one(temp.account(), id, time)
  dispatcher?.wake()
  return became
}
const out = () => dispatcher?.pace(endpoint, 'webhook').underWay
const stageOf = (id: number) =>
  temp.query<{ stage: string | null }>('SELECT stage FROM deliveries WHERE id = ?', id)[0]?.stage

describe('deliveries that are cancelled while their attempts are under way', () => {
  it.each([
    ['before the transport is told', false],
    ['after the transport was told', true],
  ])('go out once, within the cap, when they are asked for again %s', async (_title, wait) => {
    owe(cap)
    const carrier = await start(inProcess())
    await until('all are under way', () => underWay.size === cap)
    for (let turn = 1; turn <= 3; turn += 1) {
      disable()
      dispatcher?.wake()
      if (wait) await until('the transport is told', () => carrier.told.length > 0)
      enable()
      for (const id of [1, 2, 3, 4]) expect(redeliver(id)).toBe('under_way')
    }
    // What is new for the address has to wait for a slot, too.
    temp.arrive({ version: '9' })
    temp.hook({ channel: 'email' })
    temp.arrive({ version: '10' })
    dispatcher?.wake()
    await until('another address is served', () => underWay.size > cap)
    expect(carrier.carried.filter((id) => id <= cap)).toHaveLength(cap)
    expect(out()).toBe(cap)
    expect(webhooks()).toHaveLength(cap)

    const [first] = webhooks() as [Job]
    underWay.get(first)?.()
    await until('its outcome is recorded', () => stageOf(first.deliveryId) === null)
    expect(redeliver(first.deliveryId)).toBe('redelivered')
    while (temp.ledger.deliveries.countPending() > 0) {
      for (const finish of underWay.values()) finish()
      await until('something goes on', () => underWay.size > 0 || temp.ledger.deliveries.countPending() === 0)
    }
    expect(most).toBe(cap)
    expect(temp.ledger.deliveryList.find(temp.account(), first.deliveryId)).toMatchObject({
      state: 'succeeded',
      tries: [{ number: 1 }, { number: 2 }],
    })
  })

  it('can be asked for again right after a restart where all was lost with the process', async () => {
    owe(2)
    await start(inProcess())
    await until('both are under way', () => underWay.size === 2)
    disable()
    enable()
    await die()
    await start(inProcess())
    expect(redeliver(1)).toBe('redelivered')
    await until('it is under way', () => underWay.size === 1)
    expect(out()).toBe(1)
  })
})

describe('deliveries that are cancelled while workers may have them', () => {
  const leaveWithdrawn = async (carrier: Watched): Promise<Watched> => {
    owe(cap)
    await start(carrier)
    await until('all are out', () => carrier.carried.length === cap)
    disable()
    dispatcher?.wake()
    await until('the transport is told', () => carrier.told.length === 1)
    enable()
    return carrier
  }
  const pass = async (ms: number, what: string, condition: () => boolean) => {
    time += ms
    await until(what, () => {
      dispatcher?.wake()
      return condition()
    })
  }

  it('hold their slots until their leases end, and are taken back once more then', async () => {
    const carrier = await leaveWithdrawn(overRedis())
    expect(redeliver(1)).toBe('under_way')
    expect(out()).toBe(cap)
    await pass(leaseMs, 'all are forgotten', () => temp.ledger.deliveries.withdrawn().length === 0)
    expect(carrier.told).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ])
    await until('their slots are free', () => out() === 0)
    expect(redeliver(1)).toBe('redelivered')
    await until('it is out', () => carrier.carried.length === cap + 1)
  })

  it('are not forgotten while Redis, which may still have them, is away', async () => {
    let open = true
    await leaveWithdrawn(overRedis(() => open))
    open = false
    time += 10 * leaseMs
    // Inboxes go on, so it can be told that rounds went by.
    for (const name of ['one', 'two']) {
      temp.hook({ channel: 'inbox', url: `inbox:${name}` })
      temp.arrive({ version: name === 'one' ? '8' : '9' })
      dispatcher?.wake()
      await until('a round went by', () => underWay.size > 0)
      for (const end of underWay.values()) end()
    }
    expect(redeliver(1)).toBe('under_way')
    expect(out()).toBe(cap)
    open = true
    await pass(0, 'all are forgotten', () => temp.ledger.deliveries.withdrawn().length === 0)
    expect(redeliver(1)).toBe('redelivered')
  })

  it.each([
    ['goes on', 0],
    ['was set back by a year meanwhile', 365 * 24 * 3_600_000],
  ])('count as out after a restart, for a lease at most: the clock %s', async (_title, back) => {
    await leaveWithdrawn(overRedis())
    await die()
    time -= back
    const carrier = await start(overRedis())
    expect(out()).toBe(cap)
    expect(redeliver(1)).toBe('under_way')
    await until('the transport is told again', () => carrier.told.length === 1)
    await pass(leaseMs, 'all are forgotten', () => temp.ledger.deliveries.withdrawn().length === 0)
    expect(redeliver(1)).toBe('redelivered')
    await until('it is out', () => carrier.carried.length === 1)
  })
})
