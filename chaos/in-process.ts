import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ledgerFile } from '../src/ledger/open.js'
import { startGemherald } from '../test/helpers/gemherald.js'
import { until } from '../test/helpers/wait.js'
import { apiKey, type Client, createClient, pause, rubygemsKey } from './client.js'

/** A gemherald in this process, where its clocks can be moved. */
export interface InProcess {
  client: Client
  /** Lets it look at its clocks, and waits until no attempt is under way and no webhook may go out now. */
  settle(): Promise<void>
  /** The same, and waits until nothing at all may go out now, Slack's messages that rest included. */
  settleWholly(): Promise<void>
  /** Stops it, and starts it again on the same data. */
  restart(): Promise<void>
  /** Stops it and removes its data. */
  end(): Promise<void>
}

/** What it tells the time by: see `ServerOptions`. */
export interface InjectedClocks {
  now(): number
  elapsed(): number
}

/** More often than it looks at `elapsed` in two rounds of handing out: the first may have begun before the clock moved. */
const enoughLooks = 12
const patienceMs = 20_000
const wholePatienceMs = 60_000

/** Starts one with these settings beside those of the suite; without a Redis it makes its attempts itself. */
export async function startInProcess(
  clocks: InjectedClocks,
  settings: Record<string, string>,
): Promise<InProcess> {
  let looks = 0
  const elapsed = () => {
    looks += 1
    return clocks.elapsed()
  }
  const env = { GEMHERALD_API_KEY: apiKey, RUBYGEMS_API_KEYS: rubygemsKey, ...settings }
  let running = await startGemherald({ env, now: clocks.now, elapsed })
  const ready = () => until('it is ready', async () => (await running.readiness()).status === 200)
  await ready()
  const client = createClient(() => running.url)
  const ledger = new Database(join(running.dataDir, ledgerFile), { readonly: true })
  const stages = (condition: string) =>
    ledger.prepare(`SELECT EXISTS (SELECT 1 FROM deliveries WHERE ${condition})`).pluck()
  // A message to Slack may be due and rest all the same.
  const busy = stages(`stage = 'leased' OR (stage = 'due' AND channel = 'webhook')`)
  const anyBusy = stages(`stage IN ('due', 'leased')`)
  const unread = ledger.prepare('SELECT EXISTS (SELECT 1 FROM events WHERE fanned_out_at IS NULL)').pluck()

  const settle = async () => {
    const enough = looks + enoughLooks
    const deadline = performance.now() + patienceMs
    for (; looks < enough; await pause(1)) {
      if (performance.now() > deadline) throw new Error(`The clock was not looked at for ${patienceMs} ms.`)
      running.wake()
    }
    await until('every attempt is recorded', () => busy.get() === 0)
  }
  return {
    client,
    settle,
    async settleWholly() {
      await settle()
      await until('nothing may go out', () => anyBusy.get() === 0 && unread.get() === 0, wholePatienceMs)
    },
    async restart() {
      running = await running.restart()
      await ready()
    },
    async end() {
      ledger.close()
      await client.close()
      await running.remove()
    },
  }
}
