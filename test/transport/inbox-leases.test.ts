import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChannels } from '../../src/channels/channels.js'
import type { KeepInInbox } from '../../src/channels/inbox.js'
import { attemptMaker } from '../../src/channels/make-attempt.js'
import { keepInInbox } from '../../src/compose/inbox.js'
import { createDispatcher, type Dispatcher } from '../../src/dispatch/dispatcher.js'
import { fail } from '../../src/error.js'
import { createInProcessTransport } from '../../src/transport/in-process.js'
import type { Carrier } from '../../src/transport/transport.js'
import { withInbox } from '../../src/transport/with-inbox.js'
import { outcomeOf } from '../helpers/jobs.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'

// A real ledger and dispatcher over a carrier like BullMQ's: jobs that were out may still be there after a crash, so a lease
// is made anew only when the carrier says that it is settled. Inboxes need not wait for that: theirs never left the server.

let temp: TempLedger
let dispatcher: Dispatcher | undefined
let time: number
beforeEach(() => {
  temp = openTempLedger()
  time = testTime
})
afterEach(async () => {
  await dispatcher?.stop(1_000)
  dispatcher = undefined
  temp.remove()
})

const keepIt: KeepInInbox = (job, name) =>
  keepInInbox(
    temp.ledger.inbox,
    () => time,
    () => {},
  )(job, name)

/** Starts a server's dispatcher on the ledger; `redis` says whether the carrier is open and settled. */
async function start({
  redis = () => true,
  inbox = keepIt,
}: {
  redis?: () => boolean
  inbox?: KeepInInbox
} = {}) {
  const carrier: Carrier = {
    ...createInProcessTransport(async (job) => outcomeOf(job)),
    losesWorkWithProcess: false,
    carry: async () => redis(),
    withdraw: async () => redis(),
    settled: async () => redis(),
  }
  const now = () => time
  const log = pino({ level: 'silent' })
  const channels = createChannels({
    outbound: { request: async () => fail('unavailable', 'Nothing goes out here.'), close: async () => {} },
    mail: null,
    inbox,
    now,
  })
  dispatcher = createDispatcher({
    ledger: temp.ledger,
    transport: withInbox(carrier, attemptMaker(channels, now, log)),
    now,
    elapsed: now,
    log,
    recorded: () => {},
    signingKey: () => 'key',
    unsubscribeUrl: () => 'http://127.0.0.1:9/',
    gemPage: (name) => `https://rubygems.org/gems/${name}`,
    allow: [],
  })
  await dispatcher.start()
}

const states = (channel = 'inbox') =>
  temp.query<{ state: string; stage: string | null; attempts: number }>(
    'SELECT state, stage, attempts FROM deliveries WHERE channel = ? ORDER BY id',
    channel,
  )
const messages = () => temp.ledger.inbox.list(temp.account(), 'demo', { before: null, limit: 500 })
const succeeded = (attempts = 1) => ({ state: 'succeeded', stage: null, attempts })
/** So many releases arrive, and the server that leased their deliveries dies. */
function leaveLeased(events: number): void {
  for (let number = 1; number <= events; number += 1) temp.arrive({ version: `1.${number}` })
  temp.fanOut()
  temp.ledger.deliveries.lease(temp.due(), testTime + 60_000)
}

describe('what goes to an inbox', () => {
  beforeEach(() => void temp.hook({ channel: 'inbox' }))

  it('is kept once, whether the server died before it was kept or before that was recorded', async () => {
    leaveLeased(2)
    const allDone = () => states().every(({ state }) => state === 'succeeded')
    await start()
    await until('both are done', allDone)
    await dispatcher?.stop(1_000)
    // As if the process had died earlier: no outcome is recorded, and only the first message is kept.
    temp.change('DELETE FROM attempts')
    temp.change("UPDATE deliveries SET state = 'pending', stage = 'leased', attempts = 0, lease_until = 1")
    temp.change('DELETE FROM inbox_messages WHERE delivery_id = 2')
    temp.reopen()
    await start()
    await until('both are done again', allDone)
    expect(states()).toEqual([succeeded(), succeeded()])
    expect(messages().map(({ deliveryId }) => deliveryId)).toEqual([2, 1])
    expect(temp.query('SELECT delivery_id FROM attempts')).toHaveLength(2)
  })

  it.each([
    ['away', false],
    ['there', true],
  ])('is kept right after a crash, while Redis is %s', async (_title, open) => {
    leaveLeased(2)
    await start({ redis: () => open })
    await until('both are done', () => states().every(({ state }) => state === 'succeeded'))
    expect(states()).toEqual([succeeded(), succeeded()])
    expect(messages()).toHaveLength(2)
  })

  it('leaves what others were given alone after a crash, until Redis says that it is lost', async () => {
    temp.hook({ channel: 'webhook' })
    leaveLeased(1)
    await start({ redis: () => false })
    await until('the inbox has it', () => states()[0]?.state === 'succeeded')
    expect(states('webhook')).toEqual([{ state: 'pending', stage: 'leased', attempts: 0 }])
  })

  it('is handed out again when its lease ends, though Redis is away', async () => {
    await start({ redis: () => false })
    temp.arrive()
    temp.fanOut()
    temp.ledger.deliveries.lease(temp.due(), time + 1_000)
    expect(states()).toEqual([{ state: 'pending', stage: 'leased', attempts: 0 }])
    time += 1_001
    dispatcher?.wake()
    await until('it is done', () => states()[0]?.state === 'succeeded')
    expect(messages()).toHaveLength(1)
  })

  it('goes on though megabytes that were due before are refused', async () => {
    for (let number = 1; number <= 4; number += 1)
      temp.hook({ channel: 'webhook', url: `http://127.0.0.1:9/${number}` })
    temp.arrive({ version: '1.0', info: 'x'.repeat(1_000_000) })
    temp.fanOut()
    await start({ redis: () => false })
    await until('it is done', () => states()[0]?.state === 'succeeded')
    expect(states()).toEqual([succeeded()])
    expect(states('webhook').every(({ state, attempts }) => state === 'pending' && attempts === 0)).toBe(true)
  })

  it('goes on though more is out already than may be, and Redis is away with it', async () => {
    for (let number = 1; number <= 40; number += 1)
      temp.hook({ channel: 'webhook', url: `http://127.0.0.1:9/${number}` })
    temp.arrive({ version: '1.0', info: 'x'.repeat(1_000_000) })
    let open = true
    await start({ redis: () => open })
    const out = () => states('webhook').filter(({ stage }) => stage === 'leased').length
    // 34 of them are more than 32 MiB.
    await until('no more is handed out', () => states()[0]?.state === 'succeeded' && out() > 33 && out() < 40)
    open = false
    temp.arrive({ version: '1.1' })
    time += 200_000
    dispatcher?.wake()
    await until('both are done', () => states().filter(({ state }) => state === 'succeeded').length === 2)
    expect(messages()).toHaveLength(2)
  })

  it('arrives although Redis is away, and other channels wait', async () => {
    temp.hook({ channel: 'webhook' })
    temp.hook({ channel: 'email' })
    for (let number = 1; number <= 20; number += 1) temp.arrive({ version: `1.${number}` })
    await start({ redis: () => false })
    await until('all are kept', () => {
      time += 1_000
      dispatcher?.wake()
      return states().filter(({ state }) => state === 'succeeded').length === 20
    })
    expect(states()).toEqual(Array(20).fill(succeeded()))
    expect(messages()).toHaveLength(20)
    expect(temp.query('SELECT * FROM attempts')).toHaveLength(20)
    for (const channel of ['webhook', 'email'])
      expect(states(channel).every(({ state, attempts }) => state === 'pending' && attempts === 0)).toBe(true)
  })

  it('is not kept when it was cancelled while it was leased; the transport need not be asked', async () => {
    leaveLeased(3)
    temp.ledger.hooks.remove({ accountId: temp.account(), gemName: '*', url: 'inbox:demo' }, testTime)
    expect(states()).toEqual(Array(3).fill({ state: 'cancelled', stage: 'withdrawn', attempts: 0 }))
    await start({ redis: () => false })
    await until('all are forgotten', () => states().every(({ stage }) => stage === null))
    expect(states()).toEqual(Array(3).fill({ state: 'cancelled', stage: null, attempts: 0 }))
    expect(messages()).toEqual([])
  })

  it('is tried again when the ledger could not be written', async () => {
    temp.arrive()
    let locked = true
    await start({ inbox: (job, name) => (locked ? whileLocked(() => keepIt(job, name)) : keepIt(job, name)) })
    await until('the attempt is recorded', () => states()[0]?.attempts === 1)
    expect(states()).toEqual([{ state: 'pending', stage: 'waiting', attempts: 1 }])
    expect(temp.query('SELECT verdict, error FROM attempts')).toEqual([
      { verdict: 'retry', error: expect.stringContaining('the ledger cannot be written') },
    ])
    expect(messages()).toEqual([])
    locked = false
    time += 3_600_000
    dispatcher?.wake()
    await until('it is kept', () => messages().length === 1)
    await until('it is recorded', () => states()[0]?.state === 'succeeded')
    expect(states()).toEqual([succeeded(2)])
  })
})

/** Does something while another process writes to the ledger and does not end. */
function whileLocked<T>(work: () => T): T {
  const other = new Sqlite(join(temp.folder, 'ledger.db'))
  other.exec('BEGIN IMMEDIATE')
  try {
    return work()
  } finally {
    other.exec('ROLLBACK')
    other.close()
  }
}
