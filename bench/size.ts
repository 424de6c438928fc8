import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLedger } from '../src/ledger/ledger.js'
import { benchFile, type Program, serverFile, startProgram } from './programs.js'
import type { Row } from './table.js'
import { apiKey, newWebhooks, pendingDeliveries, push, rubygemsKey, until } from './webhooks.js'

const hooks = 100_000
const meanwhileMs = 10_000
const settleMs = 3_000
const paceMs = 5
const webhooks = newWebhooks()

/** Memory idle and with 100,000 pending deliveries, and how receiving fares while 100,000 hooks are fanned out. */
export async function benchSize(): Promise<Row[]> {
  const sink = await startProgram(benchFile('sink'), [])
  const idle = await start({})
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const idleMemory = idle.memory()
  await idle.stop()

  const dataDir = mkdtempSync(join(tmpdir(), 'gemherald-bench-'))
  const first = await start({ DATA_DIR: dataDir })
  await first.end()
  register(dataDir, sink.url)
  const crowded = await start({ DATA_DIR: dataDir, RUBYGEMS_HOST: sink.url })
  await push(crowded.url, webhooks())
  const meanwhile = await receiveFor(crowded.url, meanwhileMs)
  await until(async () => (await pendingDeliveries(crowded.url)) >= hooks)
  const crowdedMemory = crowded.memory()
  crowded.child.kill('SIGKILL')

  const begun = performance.now()
  const again = await start({ DATA_DIR: dataDir, RUBYGEMS_HOST: sink.url })
  const readyMs = performance.now() - begun
  const againMemory = again.memory()
  await again.stop()
  await sink.stop()
  return [
    figure('memory, idle', `${idleMemory.toFixed(0)} MB`, '< 130 MB wanted'),
    figure(`memory, over ${hooks} deliveries pending`, `${crowdedMemory.toFixed(0)} MB`, '< 250 MB wanted'),
    figure(`memory, right after a start with them`, `${againMemory.toFixed(0)} MB`, '< 250 MB wanted'),
    figure(`start with them, until it listens`, `${readyMs.toFixed(0)} ms`, '< 5000 ms wanted'),
    figure(
      `receive while ${hooks} hooks are fanned out, p99`,
      `${percentile(meanwhile, 0.99).toFixed(0)} ms`,
      '< 250 ms wanted',
    ),
  ]
}

function start(env: Record<string, string>): Promise<Program> {
  return startProgram(serverFile, ['serve'], {
    RUBYGEMS_API_KEYS: rubygemsKey,
    GEMHERALD_API_KEY: apiKey,
    ...env,
  })
}

/** Registers all hooks straight in the ledger: over the API it would take minutes. */
function register(dataDir: string, sinkUrl: string): void {
  const ledger = openLedger(dataDir)
  if (!ledger.ok) throw new Error(ledger.problem.message)
  const { accounts, hooks: ledgerHooks, together, close } = ledger.value
  const now = Date.now()
  const accountId = accounts.ensure('default', now)
  together(() => {
    for (let index = 0; index < hooks; index += 1)
      ledgerHooks.create({ accountId, gemName: '*', url: `${sinkUrl}/hang/${index}`, channel: 'slack' }, now)
  })
  close()
}

/** Latencies in ms of webhooks posted one every 5 ms. */
async function receiveFor(url: string, durationMs: number): Promise<number[]> {
  const posted: Promise<number>[] = []
  const begun = performance.now()
  while (performance.now() - begun < durationMs) {
    posted.push(timed(() => push(url, webhooks())))
    await new Promise((resolve) => setTimeout(resolve, paceMs))
  }
  return Promise.all(posted)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function percentile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

function figure(what: string, ours: string, wanted: string): Row {
  return { what, ours, baseline: wanted, ratio: null, wanted: null }
}
