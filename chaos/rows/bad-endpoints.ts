import { startRedis } from '../../test/helpers/redis-server.js'
import { type Arrivals, startArrivals } from '../arrivals.js'
import { startBadEndpoints } from '../bad-endpoints.js'
import { pause } from '../client.js'
import { createInstallation, type Installation, memoryOf } from '../installation.js'
import { type Check, check, type Finding, figure, type Row } from '../row.js'
import { allDelivered, type Score, score, soundness } from '../score.js'

export interface BadEndpoints {
  ways: readonly Way[]
  /** Webhooks posted to each of two installations: one with the bad endpoints, and one without. */
  posts: number
  /** From one post to the next, ms. */
  gapMs: number
}

type Way = 'in-process' | 'over Redis'

const both = ['in-process', 'over Redis'] as const

/** Row 6: endpoints that hang, drip, flood and worse, among good ones. */
export const badEndpoints: Row<BadEndpoints> = {
  number: 6,
  fault: 'endpoints that hang, drip, flood or explode',
  long: { ways: both, posts: 130, gapMs: 200 },
  quick: { ways: both, posts: 30, gapMs: 120 },
  run: suffer,
}

const paths = Array.from({ length: 50 }, (_, index) => `/${index}`)
const mostWarmUpPosts = 10
/** For each process, since every heap has rubbish of its own that waits to be collected. */
const moreMb = 64
const processes: Record<Way, number> = { 'in-process': 1, 'over Redis': 2 }
const timesSlower = 2
/** An attempt is given up after this time (src/channels/channels.ts). */
const hangingMs = 15_000

export async function suffer({ ways, ...options }: BadEndpoints): Promise<Finding> {
  const found: Compared[] = []
  for (const way of ways) found.push(await compare(way, options))
  const sides = found.flatMap(({ good, bad }) => [good, bad])
  const sum = (of: (side: Side) => number) => sides.reduce((total, side) => total + of(side), 0)
  return {
    done: `${found[0]?.kinds} bad among ${paths.length} good ones, ${sum(({ bad }) => bad)} requests to them`,
    accepted: sum(({ scored }) => scored.accepted),
    delivered: sum(({ scored }) => scored.delivered),
    lost: sum(({ scored }) => scored.lost),
    repeated: sum(({ scored }) => scored.repeated),
    checks: [
      ...sides.flatMap(({ scored }) => soundness(scored)).filter(({ met }) => !met),
      ...found.flatMap((compared) => checksOf(compared)),
    ],
  }
}

/** What became of two installations that were posted to in turn, so that whatever else the machine did met both. */
interface Compared {
  way: Way
  good: Side
  bad: Side
  /** How many kinds of bad endpoints there are, and how many of them were tried. */
  kinds: number
  tried: number
}

interface Side {
  scored: Score
  /** From post to arrival at the good endpoints, ms. */
  waits: { p95: number; longest: number }
  /** Resident memory of its processes before the posts and after them, and at most meanwhile, MB. */
  memory: { before: number; after: number; most: number }
  /** Requests that its bad endpoints had. */
  bad: number
}

async function compare(way: Way, { posts, gapMs }: Omit<BadEndpoints, 'ways'>): Promise<Compared> {
  const worst = await startBadEndpoints()
  const redis = way === 'over Redis' ? await startRedis() : null
  const stages: Stage[] = []
  try {
    // Databases of their own in one Redis.
    stages.push(...(await Promise.all([0, 1].map((number) => startStage(redis && `${redis.url}/${number}`)))))
    const [good, bad] = stages as [Stage, Stage]
    await postInTurn(stages, Math.min(mostWarmUpPosts, posts), gapMs)
    for (const url of worst.urls) await bad.installation.client.addHook(url)
    for (const stage of stages) stage.begin()
    await postInTurn(stages, posts, gapMs)
    const requests = await worst.requests()
    const count = requests.reduce((total, each) => total + each, 0)
    const tried = requests.filter((each) => each > 0).length
    return { way, good: await good.end(0), bad: await bad.end(count), kinds: requests.length, tried }
  } finally {
    await Promise.all(stages.map((stage) => stage.close()))
    await worst.end()
    await redis?.stop()
  }
}

/** An installation with its good endpoints. */
interface Stage {
  installation: Installation
  post(): Promise<void>
  /** What was before is not counted. */
  begin(): void
  /** Waits until the good endpoints have all that they are owed. `bad`: requests to bad ones. */
  end(bad: number): Promise<Side>
  close(): Promise<void>
}

async function startStage(redisUrl: string | null): Promise<Stage> {
  const arrivals = await startArrivals()
  const installation = createInstallation()
  const { client } = installation
  const pids = await startProcesses(installation, redisUrl)
  for (const path of paths) await client.addHook(`${arrivals.url}${path}`)
  const postedAt = new Map<string, number>()
  const resident = () => pids.reduce((total, pid) => total + memoryOf(pid), 0)
  const memory = { before: 0, after: 0, most: 0 }
  return {
    installation,
    async post() {
      const begun = Date.now()
      postedAt.set(await client.post(), begun)
      memory.most = Math.max(memory.most, resident())
    },
    begin() {
      postedAt.clear()
      memory.before = resident()
    },
    async end(bad) {
      await allDelivered(client, arrivals, paths)
      memory.after = resident()
      return { scored: score(client, arrivals, paths), waits: waitsOf(arrivals, postedAt), memory, bad }
    },
    async close() {
      await installation.end()
      await arrivals.close()
    },
  }
}

/** Process ids: of the server, and over Redis of a worker. */
async function startProcesses(installation: Installation, redisUrl: string | null): Promise<number[]> {
  if (redisUrl === null) return [(await installation.server()).pid]
  const server = await installation.server({ REDIS_URL: redisUrl }, ['--no-worker'])
  return [server.pid, (await installation.worker(redisUrl, workerConcurrency)).pid]
}

/** What `gemherald worker` has when it is not told. */
const workerConcurrency = 128

async function postInTurn(stages: readonly Stage[], posts: number, gapMs: number): Promise<void> {
  for (let post = 0; post < posts; post += 1)
    for (const stage of post % 2 === 0 ? stages : stages.toReversed()) {
      await stage.post()
      await pause(gapMs)
    }
}

function waitsOf(arrivals: Arrivals, postedAt: Map<string, number>): Side['waits'] {
  const waits = arrivals.all().flatMap(({ release, firstAt }) => {
    const begun = postedAt.get(release)
    return begun === undefined ? [] : [firstAt - begun]
  })
  waits.sort((a, b) => a - b)
  const p95 = waits[Math.floor(waits.length * 0.95)] ?? Number.NaN
  return { p95, longest: waits.at(-1) ?? Number.NaN }
}

function checksOf({ way, good, bad, kinds, tried }: Compared): Check[] {
  const { before, after, most: peak } = bad.memory
  const without = good.memory
  const mostMore = moreMb * processes[way]
  return [
    figure(
      `${way}: p95 of the good ones ≤ ${timesSlower} × without the bad ones`,
      `${bad.waits.p95} ms, ${good.waits.p95} ms without`,
      bad.waits.p95 <= timesSlower * good.waits.p95,
    ),
    check(
      `${way}: none waits for an attempt that hangs`,
      `${bad.waits.longest} ms at most`,
      bad.waits.longest < hangingMs,
    ),
    figure(
      `${way}: memory flat: at most ${mostMore} MB more than without them (${moreMb} a process)`,
      `${mb(before)} → ${mb(after)} MB, ${mb(peak)} at most; without ${mb(without.before)} → ${mb(without.after)}, ${mb(without.most)} at most`,
      peak - before <= without.most - without.before + mostMore,
    ),
    check(`${way}: every bad one was tried`, `${tried} of ${kinds}`, tried === kinds),
  ]
}

function mb(megabytes: number): string {
  return `${Math.round(megabytes)}`
}
