import { retrySchedule } from '../../src/retry.js'
import { startHttpSink } from '../../test/helpers/http-sink.js'
import { startRedis } from '../../test/helpers/redis-server.js'
import { startInProcess } from '../in-process.js'
import { createJumpyClock, type JumpyClock } from '../jumpy-clock.js'
import { check, type Finding, type Row } from '../row.js'

export interface ClockJumps {
  /** How often the whole retry schedule is gone through on each transport. */
  times: number
  /** What is sent each time. */
  releases: number
  /** How far time passes at once, as a share of the wait that is to be measured. */
  stride: number
  transports: readonly Transport[]
}

type Transport = 'in-process' | 'redis'

/** Row 10: the clock is set while retries wait. */
export const clockJumps: Row<ClockJumps> = {
  number: 10,
  fault: 'clock set ±1 day, full retry schedule',
  long: { times: 5, releases: 20, stride: 0.02, transports: ['in-process', 'redis'] },
  quick: { times: 1, releases: 10, stride: 0.04, transports: ['in-process', 'redis'] },
  run: jumpClocks,
}

const attempts = retrySchedule.length + 1
const slackGapMs = 1000
const dayMs = 86_400_000
const early = 0.8
const late = 1.2

export async function jumpClocks({ times, releases, stride, transports }: ClockJumps): Promise<Finding> {
  const passages: Passage[] = []
  for (const transport of transports) {
    const redis = transport === 'redis' ? await startRedis() : null
    try {
      for (let time = 0; time < times; time += 1) {
        await redis?.flush()
        passages.push(await goThrough(releases, stride, redis?.url ?? null))
      }
    } finally {
      await redis?.stop()
    }
  }
  return judge(passages)
}

/** What the sink saw during one way through the schedule. Moments in ms that really passed. */
interface Passage {
  accepted: string[]
  jumps: number
  /** When each release came, attempt by attempt, and how far before that the clock stood the last time. */
  webhooks: Map<string, Moment[]>
  /** Under how many `webhook-id`s each release came. */
  ids: Map<string, Set<string>>
  slack: Map<string, Moment[]>
  /** What came after the last attempt was made. */
  afterwards: number
}

interface Moment {
  at: number
  strideMs: number
}

async function goThrough(releases: number, stride: number, redisUrl: string | null): Promise<Passage> {
  const clock = createJumpyClock()
  let strideMs = 0
  let requests = 0
  const seen = { webhooks: new Map<string, Moment[]>(), slack: new Map<string, Moment[]>() }
  const ids = new Map<string, Set<string>>()
  const sink = await startHttpSink(({ path, headers, body }) => {
    requests += 1
    const release = /9\.0\.\d+/.exec(body.toString())?.[0] ?? 'none'
    const isSlack = path === '/slack'
    list(seen[isSlack ? 'slack' : 'webhooks'], release).push({ at: clock.elapsed(), strideMs })
    if (!isSlack) ids.set(release, (ids.get(release) ?? new Set()).add(String(headers['webhook-id'])))
    // Handed out just now, and not recorded yet.
    if (Math.random() < 0.1) clock.jump()
    return isSlack ? { body: 'ok' } : { status: 503 }
  })
  const gemherald = await startInProcess(clock, redisUrl === null ? {} : { REDIS_URL: redisUrl })
  const { client } = gemherald
  try {
    await client.addHook(`${sink.url}/down`)
    await client.addHook(`${sink.url}/slack`, { channel: 'slack' })
    await client.postMany(releases, 8)
    await sink.waitFor((received) => received.filter(({ path }) => path === '/down').length === releases)
    await gemherald.settle()

    const strides = stridesOf(releases, stride)
    // Not before: a restart forgets when Slack was given the last message.
    const restartAt = Math.floor(strides.length * (0.5 + Math.random() / 2))
    for (const [index, ms] of strides.entries()) {
      strideMs = ms
      clock.pass(ms)
      jumpPerhaps(clock)
      await gemherald.settle()
      if (index === restartAt) await gemherald.restart()
    }
    const before = requests
    for (let days = 0; days < 3; days += 1) {
      clock.pass(dayMs)
      clock.jump()
      await gemherald.settle()
    }
    const accepted = [...client.accepted.keys()].map((name) => name.split(' ')[1] ?? name)
    return { accepted, jumps: clock.jumps, ...seen, ids, afterwards: requests - before }
  } finally {
    await gemherald.end()
    await sink.close()
  }
}

/** Strides through the longest time that all may take: first Slack's turns, then wait by wait. */
function stridesOf(releases: number, stride: number): number[] {
  const strides: number[] = []
  let passed = 0
  let until = releases * slackGapMs * late
  for (const wait of retrySchedule) {
    until += wait * late
    for (; passed < until; passed += wait * stride) strides.push(wait * stride)
  }
  return strides
}

/** Mostly not, sometimes once, and seldom several times in a row. */
function jumpPerhaps(clock: JumpyClock): void {
  while (Math.random() < 0.15) clock.jump()
}

function judge(passages: Passage[]): Finding {
  const releases = passages.flatMap(({ accepted, ...seen }) =>
    accepted.map((release) => ({
      webhooks: seen.webhooks.get(release) ?? [],
      slack: seen.slack.get(release) ?? [],
      ids: seen.ids.get(release)?.size ?? 0,
    })),
  )
  const shares = releases.flatMap(({ webhooks }) => sharesOf(webhooks))
  const tooEarly = shares.filter(({ most }) => most < early).length
  const tooLate = shares.filter(({ least }) => least > late).length
  const whole = releases.filter(({ webhooks, ids }) => webhooks.length === attempts && ids === 1).length
  const gaps = passages.flatMap(({ slack }) => gapsOf([...slack.values()].flat()))
  const quick = gaps.filter(({ at }) => at < slackGapMs).length
  const slow = gaps.filter(({ at, strideMs }) => at - strideMs > slackGapMs).length
  const afterwards = sum(passages.map((passage) => passage.afterwards))
  const delivered = releases.filter(({ slack }) => slack.length > 0).length
  return {
    done: `${sum(passages.map(({ jumps }) => jumps))} × ±1 day in ${passages.length} × the schedule`,
    accepted: releases.length,
    delivered,
    lost: releases.length - delivered,
    repeated: sum(releases.map(({ slack }) => Math.max(0, slack.length - 1))),
    checks: [
      check(
        'every wait within ±20 % of the schedule',
        `${range(shares)} of it, ${shares.length} waits`,
        shares.length === releases.length * retrySchedule.length && tooEarly + tooLate === 0,
      ),
      check('nothing sent early', tooEarly, tooEarly === 0),
      check(
        `nothing stuck: ${attempts} attempts each, with one webhook-id`,
        `${whole} of ${releases.length}, ${tooLate} late`,
        whole === releases.length && tooLate === 0,
      ),
      check('nothing sent once it is given up', afterwards, afterwards === 0),
      check('Slack a second apart', `${quick} early, ${slow} late of ${gaps.length}`, quick + slow === 0),
    ],
  }
}

/** Each wait as a share of the schedule's: it ended somewhere in the last stride. */
function sharesOf(moments: Moment[]): { least: number; most: number }[] {
  return gapsOf(moments)
    .slice(0, retrySchedule.length)
    .map(({ at, strideMs }, index) => {
      const wait = retrySchedule[index] ?? Number.NaN
      return { least: (at - strideMs) / wait, most: at / wait }
    })
}

/** How long after the one before each came. */
function gapsOf(moments: Moment[]): Moment[] {
  return moments.slice(1).map(({ at, strideMs }, index) => ({ at: at - (moments[index]?.at ?? 0), strideMs }))
}

function range(shares: { least: number; most: number }[]): string {
  const from = Math.min(...shares.map(({ most }) => most))
  const to = Math.max(...shares.map(({ least }) => least))
  return `${from.toFixed(2)} to ${to.toFixed(2)}`
}

function list(lists: Map<string, Moment[]>, key: string): Moment[] {
  const found = lists.get(key) ?? []
  lists.set(key, found)
  return found
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
