import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { readConfig } from '../src/config.js'
import { ledgerFile } from '../src/ledger/open.js'
import { type RunningServer, startServer } from '../src/server.js'
import { until } from '../test/helpers/wait.js'
import { apiKey, type Client, createClient, pause, rubygemsKey } from './client.js'

/** A gemherald in this process, where its clocks can be moved. */
export interface InProcess {
  client: Client
  /** Lets it look at its clocks, and waits until no attempt is under way and no webhook may go out now. */
  settle(): Promise<void>
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

/** Starts one with the settings of the suite; without a Redis it makes its attempts itself. */
export async function startInProcess(clocks: InjectedClocks, redisUrl: string | null): Promise<InProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gemherald-clock-'))
  let looks = 0
  const watched = {
    now: clocks.now,
    elapsed() {
      looks += 1
      return clocks.elapsed()
    },
  }
  let server = await start(dataDir, watched, redisUrl)
  const url = () => `http://127.0.0.1:${server.address.port}`
  const ready = () => until('it is ready', async () => (await fetch(`${url()}/readyz`)).ok)
  await ready()
  const client = createClient(url)
  const ledger = new Database(join(dataDir, ledgerFile), { readonly: true })
  // A message to Slack may be due and rest all the same.
  const busy = ledger
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM deliveries WHERE stage = 'leased' OR (stage = 'due' AND channel = 'webhook'))`,
    )
    .pluck()
  return {
    client,
    async settle() {
      const enough = looks + enoughLooks
      const deadline = performance.now() + patienceMs
      for (; looks < enough; await pause(1)) {
        if (performance.now() > deadline) throw new Error(`The clock was not looked at for ${patienceMs} ms.`)
        server.wake()
      }
      await until('every attempt is recorded', () => busy.get() === 0)
    },
    async restart() {
      await server.stop()
      server = await start(dataDir, watched, redisUrl)
      await ready()
    },
    async end() {
      ledger.close()
      await client.close()
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function start(
  dataDir: string,
  clocks: InjectedClocks,
  redisUrl: string | null,
): Promise<RunningServer> {
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    GEMHERALD_API_KEY: apiKey,
    GEMHERALD_SECRET: 'the secret of the fault suite',
    RUBYGEMS_API_KEYS: rubygemsKey,
    CONFIRM: 'off',
    RECONCILE: 'off',
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
  })
  if (!config.ok) throw new Error(config.problem.message)
  const log = pino({ level: 'silent' })
  const started = await startServer({ config: config.value, log, worker: true, ...clocks })
  if (!started.ok) throw new Error(started.problem.message)
  return started.value
}
