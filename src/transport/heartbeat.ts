import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { version } from '../about.js'
import { type Channel, channels } from '../endpoint.js'
import type { Seal } from '../secret.js'
import { keyPrefix } from './queues.js'
import type { RedisReport } from './redis-report.js'
import type { WorkerSeen } from './transport.js'

export interface HeartbeatParts {
  connection: Redis
  seal: Seal
  /** Of the secret that the seal is made of. */
  fingerprint: string
  channels: readonly Channel[]
  report: RedisReport
}

export interface Heartbeat {
  /** The worker is not seen any more. Waits for Redis only if that is there. */
  stop(): Promise<void>
}

const beatMs = 5_000
/** Who is silent for longer is forgotten, ms. */
const silentMs = 60_000

/** Says in Redis, now and every 5 s, that this process makes attempts. Nothing readable lies there. */
export function startHeartbeat({
  connection,
  seal,
  fingerprint,
  channels,
  report,
}: HeartbeatParts): Heartbeat {
  const id = randomBytes(8).toString('hex')
  const facts = {
    host: hostname(),
    pid: process.pid,
    version,
    channels: [...channels],
    startedAt: Date.now(),
  }
  let current: Promise<void> | undefined

  const beat = async () => {
    await writeHeartbeat(connection, { seal, fingerprint }, id, { ...facts, at: await timeOf(connection) })
    // Nobody may look for weeks, while workers come and go.
    await readWorkers(connection, { seal, fingerprint })
  }
  const beatOnce = () => {
    if (connection.status !== 'ready') return
    current ??= beat()
      .catch(report.broken)
      .finally(() => {
        current = undefined
      })
  }
  beatOnce()
  const timer = setInterval(beatOnce, beatMs).unref()

  return {
    async stop() {
      clearInterval(timer)
      await current
      if (connection.status === 'ready') await connection.hdel(keyOf(fingerprint), id).catch(report.broken)
    },
  }
}

/** The workers that were heard of in the last minute, oldest first; what the others left is removed. Rejects when Redis does not answer. */
export async function readWorkers(
  redis: Redis,
  { seal, fingerprint }: Pick<HeartbeatParts, 'seal' | 'fingerprint'>,
): Promise<WorkerSeen[]> {
  const key = keyOf(fingerprint)
  const [now, fields] = await Promise.all([timeOf(redis), redis.hgetall(key)])
  const seen: WorkerSeen[] = []
  const silent: string[] = []
  for (const [id, sealed] of Object.entries(fields)) {
    const heard = unsealed(seal, sealed)
    // Of either sign: Redis' clock may have been set back since.
    if (heard === undefined || Math.abs(now - heard.at) > silentMs) silent.push(id)
    else {
      const { at, ...facts } = heard
      seen.push({ id, ...facts, secondsAgo: Math.max(0, Math.floor((now - at) / 1000)) })
    }
  }
  if (silent.length > 0) await redis.hdel(key, ...silent)
  return seen.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
}

const heartbeat = z.object({
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  channels: z.array(z.enum(channels)),
  startedAt: z.number(),
  /** When it was written, by Redis' clock, ms since the epoch. */
  at: z.number(),
})
export type HeartbeatFacts = z.infer<typeof heartbeat>

/** Writes one heartbeat of the worker `id`. */
export async function writeHeartbeat(
  redis: Redis,
  { seal, fingerprint }: Pick<HeartbeatParts, 'seal' | 'fingerprint'>,
  id: string,
  facts: HeartbeatFacts,
): Promise<void> {
  await redis.hset(keyOf(fingerprint), id, seal.close(JSON.stringify(facts)))
}

/** Undefined: sealed with another secret, or of a version that says it in another way. */
function unsealed(seal: Seal, sealed: string): HeartbeatFacts | undefined {
  const text = seal.open(sealed)
  return text === undefined ? undefined : heartbeat.safeParse(JSON.parse(text)).data
}

const keyOf = (fingerprint: string): string => `${keyPrefix(fingerprint)}:workers`

/** Redis' clock, ms since the epoch: the one that all workers share. */
async function timeOf(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}
