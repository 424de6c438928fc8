import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ledgerFile } from '../../src/ledger/open.js'
import { startArrivals } from '../arrivals.js'
import { pause } from '../client.js'
import { createInstallation, memoryOf } from '../installation.js'
import { postSteadily } from '../post-steadily.js'
import { check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, score, soundness } from '../score.js'

export interface Soak {
  minutes: number
  eventsPerSecond: number
}

/** Row 11: load that stays, for so long that whatever grows is seen to grow. */
export const soak: Row<Soak> = {
  number: 11,
  fault: 'soak',
  long: { minutes: 30, eventsPerSecond: 200 },
  quick: null,
  run: soakServer,
}

const paths = ['/a']
const sampleMs = 1000
const mostGrowth = 1.2
const mostWalMegabytes = 64
const mostP99Ms = 250

export async function soakServer({ minutes, eventsPerSecond }: Soak): Promise<Finding> {
  const arrivals = await startArrivals()
  const installation = createInstallation()
  const { client, dataDir } = installation
  try {
    const server = await installation.server()
    for (const path of paths) await client.addHook(`${arrivals.url}${path}`)
    const watched = watch(server.pid, join(dataDir, `${ledgerFile}-wal`))
    const posting = postSteadily(client, eventsPerSecond)
    await pause(minutes * 60_000)
    await posting.stop()
    const { memory, walMegabytes } = watched.stop()
    await allDelivered(client, arrivals, paths)

    const scored = score(client, arrivals, paths)
    const p99 = percentile(client.latencies, 0.99)
    const refused = [...client.statuses].filter(([status]) => status === 0 || status >= 500)
    const refusals = refused.reduce((sum, [, count]) => sum + count, 0)
    const growth = median(memory.slice(-memory.length / 4)) / median(quarter(memory, 1))
    return {
      ...scored,
      done: `${minutes} min × ${eventsPerSecond} events/s`,
      checks: [
        ...soundness(scored),
        figure(`p99 receive ≤ ${mostP99Ms} ms`, `${p99.toFixed(0)} ms`, p99 <= mostP99Ms),
        check('0 × 5xx or no answer', refusals, refusals === 0),
        check(
          `WAL ≤ ${mostWalMegabytes} MiB`,
          `${walMegabytes.toFixed(1)} MiB`,
          walMegabytes <= mostWalMegabytes,
        ),
        figure(
          `memory flat (last quarter ≤ ${mostGrowth} × the second)`,
          `${growth.toFixed(2)}, ${Math.max(...memory).toFixed(0)} MB at most`,
          growth <= mostGrowth,
        ),
      ],
    }
  } finally {
    await installation.end()
    await arrivals.close()
  }
}

/** Memory of the process in MB at each look, and the most that the WAL ever had. */
function watch(pid: number, wal: string): { stop(): { memory: number[]; walMegabytes: number } } {
  const memory: number[] = []
  let walBytes = 0
  const look = () => {
    memory.push(memoryOf(pid))
    walBytes = Math.max(walBytes, statSync(wal, { throwIfNoEntry: false })?.size ?? 0)
  }
  const timer = setInterval(look, sampleMs).unref()
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return { memory, walMegabytes: walBytes / 1024 / 1024 }
    },
  }
}

function quarter(values: number[], index: number): number[] {
  return values.slice((values.length * index) / 4, (values.length * (index + 1)) / 4)
}

function median(values: number[]): number {
  return percentile(values, 0.5)
}

function percentile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}
