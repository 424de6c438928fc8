import type { GemheraldProcess } from '../../test/helpers/process.js'
import { startRedis } from '../../test/helpers/redis-server.js'
import { type Arrivals, startArrivals } from '../arrivals.js'
import { type Client, pause } from '../client.js'
import { createInstallation } from '../installation.js'
import { check, type Finding, type Row } from '../row.js'
import { allDelivered, allRecorded, score, soundness } from '../score.js'

export interface WorkerKills {
  kills: number
  /** One webhook to all of them is posted before each kill. */
  endpoints: number
}

/** Row 2: one of two workers is killed again and again in the middle of deliveries over Redis. */
export const workerKills: Row<WorkerKills> = {
  number: 2,
  fault: 'worker kill -9 during deliveries over Redis',
  long: { kills: 100, endpoints: 100 },
  quick: { kills: 5, endpoints: 50 },
  run: killWorkers,
}

const concurrency = 10
/** A worker that was just started needs a moment; when there is nothing left for it by then, more is posted. */
const moreAfterMs = 250
const lookMs = 5
const patienceMs = 60_000
const shortestAnswerMs = 50
const longestAnswerMs = 100

export async function killWorkers({ kills, endpoints }: WorkerKills): Promise<Finding> {
  const redis = await startRedis()
  const arrivals = await startArrivals(answerSlowly)
  const installation = createInstallation({ REDIS_URL: redis.url })
  const { client } = installation
  const paths = Array.from({ length: endpoints }, (_, index) => `/${index}`)
  const worker = () => installation.worker(redis.url, concurrency)
  try {
    await installation.server({}, ['--no-worker'])
    for (const path of paths) await client.addHook(arrivals.url + path)
    let workers = [await worker(), await worker()] as [GemheraldProcess, GemheraldProcess]
    for (let kill = 0; kill < kills; kill += 1) {
      await client.post()
      await untilBothWork(client, arrivals)
      const [victim, other] = workers
      await victim.end('SIGKILL')
      workers = [other, await worker()]
    }
    await allDelivered(client, arrivals, paths)
    await allRecorded(client)

    const scored = score(client, arrivals, paths)
    const most = kills * concurrency
    const owed = client.accepted.size * endpoints
    return {
      ...scored,
      done: `${kills} × kill -9 during ${owed} deliveries`,
      checks: [
        ...soundness(scored),
        check(`repeats ≤ kills × concurrency = ${most}`, scored.repeated, scored.repeated <= most),
        check('every kill met attempts under way', `${arrivals.cut} cut`, arrivals.cut >= kills),
      ],
    }
  } finally {
    await installation.end()
    await redis.stop()
    await arrivals.close()
  }
}

/** Resolves when more attempts are under way than one worker makes at a time; rejects when that never is. */
async function untilBothWork(client: Client, arrivals: Arrivals): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (let idleMs = 0; arrivals.underWay <= concurrency; idleMs += lookMs) {
    if (Date.now() > deadline) throw new Error(`Two workers were not at work within ${patienceMs} ms.`)
    if (arrivals.underWay > 0) idleMs = 0
    else if (idleMs > moreAfterMs) {
      idleMs = 0
      await client.post()
    }
    await pause(lookMs)
  }
}

async function answerSlowly(): Promise<number> {
  await pause(shortestAnswerMs + Math.random() * (longestAnswerMs - shortestAnswerMs))
  return 200
}
