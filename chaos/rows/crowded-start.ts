import { readFileSync } from 'node:fs'
import { until } from '../../test/helpers/wait.js'
import { startArrivals } from '../arrivals.js'
import { createInstallation } from '../installation.js'
import { type Finding, figure, type Row } from '../row.js'
import { allDelivered, score, soundness } from '../score.js'

export interface CrowdedStart {
  events: number
  endpoints: number
  /** Wait until the last is delivered, or only until it is seen to flow. */
  toTheLast: boolean
}

/** Row 12: a server starts that owes a great many deliveries. */
export const crowdedStart: Row<CrowdedStart> = {
  number: 12,
  fault: 'a great many deliveries pending at start',
  long: { events: 1000, endpoints: 100, toTheLast: true },
  quick: { events: 1000, endpoints: 100, toTheLast: false },
  run: startCrowded,
}

const mostReadyMs = 5000
const mostMegabytes = 250
const fannedOutMs = 120_000
/** This part of what is owed is enough to see it flow. */
const flowing = 20

export async function startCrowded({ events, endpoints, toTheLast }: CrowdedStart): Promise<Finding> {
  let open = false
  // Until the second start nothing is answered, so that all stay owed.
  const arrivals = await startArrivals(() => (open ? 200 : new Promise(() => undefined)))
  const installation = createInstallation()
  const { client } = installation
  const paths = Array.from({ length: endpoints }, (_, index) => `/${index}`)
  const pending = events * endpoints
  try {
    const first = await installation.server()
    for (const path of paths) await client.addHook(arrivals.url + path)
    await client.postMany(events, 16)
    await until('all are owed', async () => (await client.owed()) >= pending, fannedOutMs)
    await first.end('SIGKILL')

    open = true
    const begun = performance.now()
    const server = await installation.server()
    await until('it is ready', async () => (await fetch(`${server.url}/readyz`)).status === 200)
    const readyMs = performance.now() - begun
    if (toTheLast) await allDelivered(client, arrivals, paths)
    else await until('it flows', () => arrivals.delivered >= pending / flowing)
    const megabytes = peakMemoryOf(server.pid)
    const scored = score(client, arrivals, paths)
    return {
      ...scored,
      lost: toTheLast ? scored.lost : null,
      done: `1 × ${pending} pending`,
      checks: [
        ...soundness(scored),
        figure(`ready ≤ ${mostReadyMs} ms`, `${readyMs.toFixed(0)} ms`, readyMs <= mostReadyMs),
        figure(
          `memory < ${mostMegabytes} MB, at its peak while they are delivered`,
          `${megabytes.toFixed(0)} MB`,
          megabytes < mostMegabytes,
        ),
      ],
    }
  } finally {
    await installation.end()
    await arrivals.close()
  }
}

/** The most resident memory that a process ever had, MB. */
function peakMemoryOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}
