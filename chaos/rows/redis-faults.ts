import { type RedisServer, startRedis } from '../../test/helpers/redis-server.js'
import { until } from '../../test/helpers/wait.js'
import { type Arrivals, startArrivals } from '../arrivals.js'
import { type Client, pause } from '../client.js'
import { createInstallation } from '../installation.js'
import { postSteadily } from '../post-steadily.js'
import { check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, allRecorded, score, soundness } from '../score.js'

export interface RedisFaults {
  kills: number
  flushes: number
  /** One outage lasts so long; the others are shorter, at random. */
  longestOutageMs: number
  eventsPerSecond: number
}

/** Row 3: Redis dies, stays away for a while and comes back with nothing, or is wiped, while webhooks are posted. */
export const redisFaults: Row<RedisFaults> = {
  number: 3,
  fault: 'Redis kill -9, outages, FLUSHALL',
  long: { kills: 20, flushes: 5, longestOutageMs: 60_000, eventsPerSecond: 20 },
  quick: { kills: 2, flushes: 1, longestOutageMs: 2_000, eventsPerSecond: 20 },
  run: faultRedis,
}

const paths = ['/a', '/b', '/c']
/** Of all outages but the longest. */
const longestUsualMs = 6_000
const answerMs = 40
/** Between two faults, so that some have no time to recover from and others meet everything at work. */
const longestCalmMs = 2_000
const mostStillMs = 60_000

export async function faultRedis(options: RedisFaults): Promise<Finding> {
  const { kills, flushes, longestOutageMs, eventsPerSecond } = options
  const redis = await startRedis()
  const arrivals = await startArrivals(() => pause(answerMs).then(() => 200))
  const installation = createInstallation({ REDIS_URL: redis.url })
  const { client } = installation
  try {
    await installation.server({}, ['--no-worker'])
    await installation.worker(redis.url)
    for (const path of paths) await client.addHook(arrivals.url + path)
    const posting = postSteadily(client, eventsPerSecond)
    const still: number[] = []
    for (const outageMs of faultsOf(options)) {
      await pause(Math.random() * longestCalmMs)
      await (outageMs === 0 ? redis.flush() : takeDown(redis, outageMs))
      still.push(await untilFlowing(client, arrivals))
    }
    await posting.stop()
    const stoppedAt = Date.now()
    await allDelivered(client, arrivals, paths)
    const restMs = Date.now() - stoppedAt
    await allRecorded(client)

    const scored = score(client, arrivals, paths)
    const answers = [...client.statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
    const refused = [...client.statuses.keys()].some((status) => status !== 202 && status !== 200)
    const worst = Math.max(...still)
    return {
      ...scored,
      done: `${kills} × kill -9, outages ≤ ${longestOutageMs / 1000} s, ${flushes} × FLUSHALL`,
      checks: [
        ...soundness(scored),
        check('every post accepted at its first try', answers, !refused),
        figure(
          `flowing again ≤ ${mostStillMs / 1000} s after Redis is back, at every endpoint`,
          `${(worst / 1000).toFixed(1)} s at worst`,
          worst <= mostStillMs,
        ),
        figure(
          `all delivered ≤ ${mostStillMs / 1000} s after the last post`,
          `${(restMs / 1000).toFixed(1)} s`,
          restMs <= mostStillMs,
        ),
      ],
    }
  } finally {
    await installation.end()
    await redis.stop()
    await arrivals.close()
  }
}

/** How long Redis is away each time, ms; 0 is a FLUSHALL. */
function faultsOf({ kills, flushes, longestOutageMs }: RedisFaults): number[] {
  const usual = Math.min(longestUsualMs, longestOutageMs)
  const outages = Array.from({ length: kills }, (_, kill) =>
    kill === 0 ? longestOutageMs : 100 + Math.random() * (usual - 100),
  )
  return shuffled([...outages, ...Array.from({ length: flushes }, () => 0)])
}

function shuffled(values: number[]): number[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value)
}

async function takeDown(redis: RedisServer, outageMs: number): Promise<void> {
  await redis.kill()
  await pause(outageMs)
  await redis.restart()
}

/** Time until something that was posted after the fault has arrived at every endpoint, ms. */
async function untilFlowing(client: Client, arrivals: Arrivals): Promise<number> {
  const backAt = Date.now()
  const posted = new Set(client.accepted.keys())
  const flows = (path: string) =>
    arrivals
      .all()
      .some((arrival) => arrival.path === path && arrival.firstAt >= backAt && !posted.has(arrival.release))
  await until('it flows again', () => paths.every(flows), 2 * mostStillMs)
  return Date.now() - backAt
}
