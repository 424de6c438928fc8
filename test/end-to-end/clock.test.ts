import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { startGemherald, type TestGemherald, type TestOptions } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { until } from '../helpers/wait.js'
import { onBothTransports } from './transports.js'

const day = 86_400_000

// How the whole schedule fares while the clock is set again and again: chaos/rows/clock-jumps.ts.
onBothTransports('a clock that is set', (environment) => {
  let sink: HttpSink
  let gemherald: TestGemherald
  let options: TestOptions
  let wall = 0
  let ran = 0

  beforeAll(async () => {
    sink = await startHttpSink()
  })
  afterAll(() => sink.close())
  afterEach(async () => {
    await gemherald.remove()
    sink.received.length = 0
    sink.answer({})
  })
  const pending = async () => (await gemherald.readiness()).body.pendingDeliveries
  const waiting = () => {
    const ledger = new Sqlite(`${gemherald.dataDir}/ledger.db`, { readonly: true })
    const count = ledger.prepare("SELECT count(*) FROM deliveries WHERE stage = 'waiting'").pluck().get()
    ledger.close()
    return count
  }
  const pass = (ms: number) => {
    wall += ms
    ran += ms
    gemherald.wake()
  }
  /** Enough turns for the dispatcher to send what it would. */
  const turns = async () => {
    for (let turn = 0; turn < 5; turn += 1) await gemherald.readiness()
  }
  /** Starts, and lets the first attempt of a delivery fail: it waits for about 5 s. */
  const failOnce = async () => {
    wall = Date.UTC(2026, 10, 20)
    ran = 0
    options = { env: await environment(), now: () => wall, elapsed: () => ran }
    gemherald = await startGemherald(options)
    sink.answer({ status: 500 })
    await gemherald.addHook('rails', `${sink.url}/later`)
    await gemherald.pushRelease('rails', '1.0.0')
    await sink.waitFor(1)
    await until('its outcome is recorded', () => waiting() === 1)
    sink.answer({})
  }
  const arrives = async () => {
    await sink.waitFor(2, 10_000)
    await until('it is delivered', async () => (await pending()) === 0)
  }

  it.each([
    ['forward', day],
    ['back', -day],
  ])('%s, and a restart after it, change nothing of a wait', async (_title, jump) => {
    await failOnce()
    wall += jump
    gemherald.wake()
    await turns()
    gemherald = await gemherald.restart()
    pass(3_900)
    await turns()
    expect(sink.received).toHaveLength(1)
    pass(2_200)
    await arrives()
  })

  it('back while nothing runs leaves nothing stuck: an hour is the longest that a first retry waits', async () => {
    await failOnce()
    await gemherald.stop()
    wall -= day
    gemherald = await startGemherald({ ...options, dataDir: gemherald.dataDir })
    pass(3_600_000)
    await arrives()
  })
})
