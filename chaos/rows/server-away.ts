import { startRedis } from '../../test/helpers/redis-server.js'
import { until } from '../../test/helpers/wait.js'
import { startArrivals } from '../arrivals.js'
import { pause } from '../client.js'
import { createInstallation, type Installation, type ServerProcess } from '../installation.js'
import { jobsInRedis } from '../jobs-in-redis.js'
import { check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, score, soundness } from '../score.js'

export interface ServerAway {
  /** Leased when the server goes, a multiple of 4. */
  attempts: number
  /** How long it stays away, in the first of its absences, after workers have finished, ms. */
  awayMs: number
}

/** Row 4: the server is away while workers finish what it had leased: killed, stopped, and killed at full flow. */
export const serverAway: Row<ServerAway> = {
  number: 4,
  fault: 'server away while workers finish leased attempts',
  // Longer than a lease.
  long: { attempts: 1000, awayMs: 25_000 },
  quick: { attempts: 1000, awayMs: 0 },
  run: takeServerAway,
}

/** Attempts that one endpoint gets at a time. */
const perEndpoint = 4
const workers = 2
const concurrency = 100
const answerMs = 50
const workMs = 60_000
const mostSettleMs = 20_000

export async function takeServerAway({ attempts, awayMs }: ServerAway): Promise<Finding> {
  const gate = createGate()
  const redis = await startRedis()
  const arrivals = await startArrivals(async () => {
    await gate.opened()
    await pause(answerMs)
    return 200
  })
  const installation = createInstallation({ REDIS_URL: redis.url })
  const { client } = installation
  const paths = Array.from({ length: attempts / perEndpoint }, (_, index) => `/${index}`)
  const settles: number[] = []
  let finished = 0
  try {
    let server = await startAlone(installation)
    for (const path of paths) await client.addHook(arrivals.url + path)
    for (let worker = 0; worker < workers; worker += 1) await installation.worker(redis.url, concurrency)
    const comeBack = async () => {
      const begun = Date.now()
      server = await startAlone(installation)
      await until('nothing is owed', async () => (await client.owed()) === 0, workMs)
      settles.push(Date.now() - begun)
    }

    const absences = [
      { signal: 'SIGKILL', stayMs: awayMs },
      { signal: 'SIGTERM', stayMs: 0 },
    ] as const
    for (const { signal, stayMs } of absences) {
      gate.close()
      await client.postMany(perEndpoint, perEndpoint)
      const leased = async () => (await jobsInRedis(redis.url)) === attempts
      await until('all are leased and lie in Redis', leased, workMs)
      await server.end(signal)
      const before = arrivals.delivered
      gate.open()
      await workersAreIdle(redis.url)
      finished += arrivals.delivered - before
      await pause(stayMs)
      await comeBack()
    }

    // Once more in the middle of everything: leasing, carrying, recording.
    const flowing = arrivals.requests + attempts / 2
    await client.postMany(2 * perEndpoint, perEndpoint)
    await until('it flows', () => arrivals.requests >= flowing, workMs)
    await server.end('SIGKILL')
    await workersAreIdle(redis.url)
    await comeBack()
    await allDelivered(client, arrivals, paths)
  } finally {
    await installation.end()
    await redis.stop()
    await arrivals.close()
  }
  const scored = score(client, arrivals, paths)
  const worst = Math.max(...settles)
  return {
    ...scored,
    done: `2 × ${attempts} leased (kill -9, SIGTERM), 1 × kill -9 at full flow`,
    checks: [
      ...soundness(scored),
      check('repeats 0', scored.repeated, scored.repeated === 0),
      check(`${2 * attempts} finished while it was away`, finished, finished === 2 * attempts),
      figure(
        `nothing owed ≤ ${mostSettleMs / 1000} s after it is back`,
        `${(worst / 1000).toFixed(1)} s at worst`,
        worst <= mostSettleMs,
      ),
    ],
  }
}

function startAlone(installation: Installation): Promise<ServerProcess> {
  return installation.server({}, ['--no-worker'])
}

/** Nothing left for workers to do, so all that they did is handed in. */
function workersAreIdle(redisUrl: string): Promise<void> {
  return until('the workers are done', async () => (await jobsInRedis(redisUrl)) === 0, workMs)
}

/** Open at first. */
function createGate() {
  let open: () => void = () => undefined
  let opened = Promise.resolve()
  return {
    opened: () => opened,
    open: () => open(),
    close() {
      opened = new Promise((resolve) => {
        open = resolve
      })
    },
  }
}
