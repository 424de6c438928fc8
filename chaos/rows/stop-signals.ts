import type { GemheraldProcess } from '../../test/helpers/process.js'
import { startRedis } from '../../test/helpers/redis-server.js'
import { until } from '../../test/helpers/wait.js'
import { startArrivals } from '../arrivals.js'
import { pause } from '../client.js'
import { createInstallation } from '../installation.js'
import { postSteadily } from '../post-steadily.js'
import { check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, allRecorded, type Score, score, soundness } from '../score.js'

export interface StopSignals {
  /** In each installation; every other one while Redis is down. */
  signals: number
  /** At work at the same time, each with a Redis of its own. */
  installations: number
  /** Endpoints answer after any time up to this, ms. */
  slowestAnswerMs: number
}

/** Row 8: a server over Redis, which makes attempts too, is told to stop again and again while it is at work. */
export const stopSignals: Row<StopSignals> = {
  number: 8,
  fault: 'SIGTERM under load, every other one with Redis down',
  long: { signals: 10, installations: 5, slowestAnswerMs: 9_000 },
  quick: { signals: 2, installations: 4, slowestAnswerMs: 6_000 },
  run: signalStops,
}

const paths = Array.from({ length: 8 }, (_, index) => `/${index}`)
/** Attempts that one endpoint gets at a time. */
const perEndpoint = 4
/** Of the 32 attempts that all are given at a time. */
const busy = 20
const perWorker = 32
const mostStopMs = 30_000
const patienceMs = 60_000

export async function signalStops(options: StopSignals): Promise<Finding> {
  const { signals, installations } = options
  const others = { ...options, signals: Math.ceil(signals / 3) }
  const stopped = await Promise.all([
    ...Array.from({ length: installations }, () => stopAgainAndAgain(options, 'server over Redis')),
    stopAgainAndAgain(others, 'server without Redis'),
    stopAgainAndAgain(others, 'worker'),
  ])
  const scored = sumOf(stopped.map(({ scored }) => scored))
  const stops = stopped.flatMap((each) => each.stops)
  const cut = stopped.reduce((sum, each) => sum + each.cut, 0)
  const clean = stops.filter(({ code }) => code === 0).length
  const worst = Math.max(...stops.map(({ tookMs }) => tookMs))
  return {
    ...scored,
    done: `${stops.length} × SIGTERM (${others.signals} without Redis, ${others.signals} to a worker), ${stops.filter(({ redisDown }) => redisDown).length} with Redis down`,
    checks: [
      ...soundness(scored),
      check('every exit with code 0', `${clean} of ${stops.length}`, clean === stops.length),
      figure(
        `exits ≤ ${mostStopMs / 1000} s`,
        `${(worst / 1000).toFixed(1)} s at worst`,
        worst <= mostStopMs,
      ),
      check('attempts cut short 0', cut, cut === 0),
      check('attempts under way at the signal that were repeated 0', scored.repeated, scored.repeated === 0),
    ],
  }
}

interface Stop {
  redisDown: boolean
  code: number | NodeJS.Signals | null
  tookMs: number
}

interface Stopped {
  scored: Score
  stops: Stop[]
  /** Requests whose sender hung up before the answer. */
  cut: number
}

/** What gets the signal. The first makes attempts itself, too. */
type Stopping = 'server over Redis' | 'server without Redis' | 'worker'

async function stopAgainAndAgain(
  { signals, slowestAnswerMs }: StopSignals,
  stopping: Stopping,
): Promise<Stopped> {
  let slowestMs = slowestAnswerMs
  const redis = await startRedis()
  const arrivals = await startArrivals(() => pause(Math.random() * slowestMs).then(() => 200))
  const settings: Record<string, string> = stopping === 'server without Redis' ? {} : { REDIS_URL: redis.url }
  const installation = createInstallation(settings)
  const { client } = installation
  const stops: Stop[] = []
  try {
    const alone = stopping === 'worker'
    const start = (): Promise<GemheraldProcess> =>
      alone ? installation.worker(redis.url, perWorker) : installation.server()
    if (alone) await installation.server({}, ['--no-worker'])
    let running = await start()
    for (const path of paths) await client.addHook(arrivals.url + path)
    // As many as the endpoints can take.
    const posting = postSteadily(client, perEndpoint / (slowestAnswerMs / 2000))
    for (let signal = 0; signal < signals; signal += 1) {
      const redisDown = stopping === 'server over Redis' && signal % 2 === 1
      await until('it is at work', () => arrivals.underWay >= busy, patienceMs)
      if (redisDown) await redis.kill()
      // Anywhere between the moment that Redis is gone and long after everybody knows it.
      await pause(Math.random() * 1000)
      const begun = performance.now()
      const code = await endWithin(running, patienceMs)
      stops.push({ redisDown, code, tookMs: performance.now() - begun })
      if (redisDown) await redis.restart()
      running = await start()
    }
    slowestMs = 0
    await posting.stop()
    await allDelivered(client, arrivals, paths)
    await allRecorded(client)
    const cut = arrivals.cut
    return { scored: score(client, arrivals, paths), stops, cut }
  } finally {
    await installation.end()
    await redis.stop()
    await arrivals.close()
  }
}

/** The exit code; `SIGKILL` when it had to be killed after all. */
async function endWithin(process: GemheraldProcess, limitMs: number): Promise<Stop['code']> {
  const timer = setTimeout(() => process.end('SIGKILL'), limitMs)
  const code = await process.end('SIGTERM')
  clearTimeout(timer)
  return code
}

function sumOf(scores: Score[]): Score {
  const sum = (of: (score: Score) => number) => scores.reduce((total, each) => total + of(each), 0)
  return {
    accepted: sum((each) => each.accepted),
    delivered: sum((each) => each.delivered),
    lost: sum((each) => each.lost),
    repeated: sum((each) => each.repeated),
    doubled: sum((each) => each.doubled),
    changed: sum((each) => each.changed),
  }
}
