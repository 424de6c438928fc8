import { join } from 'node:path'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import { readConfig } from '../src/config.js'
import { ledgerFile } from '../src/ledger/open.js'
import { startServer } from '../src/server.js'
import { temporaryFolder } from '../test/helpers/process.js'
import { until } from '../test/helpers/wait.js'
import { apiKey, type Client, createClient, rubygemsKey } from './client.js'

/** A gemherald in this process whose clock stands still unless it is moved, so that nobody waits for a retry. */
export interface ClockedServer {
  client: Client
  /** ms since the epoch. */
  now(): number
  /** Moves the clock, and waits until everything that may go out by then has gone and ended. */
  advance(ms: number): Promise<void>
  end(): Promise<void>
}

const begin = Date.UTC(2026, 10, 20)
const settleMs = 60_000

/** Starts one with these settings. Rejects when it cannot be started. */
export async function startClockedServer(settings: Record<string, string>): Promise<ClockedServer> {
  let time = begin
  const folder = temporaryFolder()
  const config = readConfig({
    PORT: '0',
    DATA_DIR: folder.path,
    GEMHERALD_API_KEY: apiKey,
    RUBYGEMS_API_KEYS: rubygemsKey,
    RUBYGEMS_HOST: 'http://127.0.0.1:1025',
    CONFIRM: 'off',
    RECONCILE: 'off',
    ...settings,
  })
  if (!config.ok) throw new Error(config.problem.message)
  const log = pino({ level: 'silent' })
  const now = () => time
  const started = await startServer({ config: config.value, log, worker: true, now, elapsed: now })
  if (!started.ok) throw new Error(started.problem.message)
  const server = started.value
  const client = createClient(() => `http://127.0.0.1:${server.address.port}`)
  const busy = watchBusy(folder.path)
  return {
    client,
    now,
    async advance(ms) {
      time += ms
      server.wake()
      await until('nothing is under way or due', () => busy.count(time) === 0, settleMs)
    },
    async end() {
      busy.close()
      await client.close()
      await server.stop()
      folder.remove()
    },
  }
}

/** Counts what is under way, or may go out now. */
function watchBusy(folder: string): { count(time: number): unknown; close(): void } {
  const ledger = new Database(join(folder, ledgerFile), { readonly: true })
  const count = ledger
    .prepare(
      `SELECT (SELECT count(*) FROM deliveries
         WHERE stage IN ('due', 'leased') OR (stage = 'waiting' AND due_at <= ?))
       + (SELECT count(*) FROM events WHERE fanned_out_at IS NULL)`,
    )
    .pluck()
  return { count: (time) => count.get(time), close: () => ledger.close() }
}
