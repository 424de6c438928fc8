import { hostname } from 'node:os'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../src/about.js'
import type { CarriedChannel } from '../../src/endpoint.js'
import { createSeal, fingerprintOf } from '../../src/secret.js'
import { createBullmqTransport } from '../../src/transport/bullmq.js'
import { startBullmqWorker } from '../../src/transport/bullmq-worker.js'
import { type HeartbeatFacts, writeHeartbeat } from '../../src/transport/heartbeat.js'
import { sealPurpose } from '../../src/transport/queues.js'
import { outcomeOf } from '../helpers/jobs.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'

const log = pino({ level: 'silent' })
const secret = 'secret of the heartbeat tests'
const otherSecret = 'quite another secret'

describe.runIf(redisHalf)('heartbeats of workers', () => {
  let redis: RedisServer
  let client: Redis
  beforeAll(async () => {
    redis = await startRedis()
    client = new Redis(redis.url)
  })
  afterAll(async () => {
    client.disconnect()
    await redis.stop()
  })
  beforeEach(() => redis.flush())

  const open: { stop(graceMs: number): Promise<void> }[] = []
  const using = <T extends { stop(graceMs: number): Promise<void> }>(part: T): T => {
    open.push(part)
    return part
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.stop(1_000)))
  })

  const partsOf = (by: string, redisUrl: string) => ({
    redisUrl,
    seal: createSeal(by, sealPurpose),
    fingerprint: fingerprintOf(by),
    log,
  })
  const server = (by = secret, redisUrl = redis.url) =>
    using(createBullmqTransport({ ...partsOf(by, redisUrl), installation: 'test' }))
  const worker = (channels: CarriedChannel[], by = secret, redisUrl = redis.url) =>
    using(
      startBullmqWorker({
        ...partsOf(by, redisUrl),
        makeAttempt: async (job) => outcomeOf(job),
        channels,
        concurrency: 1,
        onWrongSecret: () => undefined,
      }),
    )
  const keyOf = (by: string) => `gemherald-${fingerprintOf(by)}:workers`
  const facts = async (changes: Partial<HeartbeatFacts>): Promise<HeartbeatFacts> => {
    const [seconds] = await client.time()
    return {
      host: 'elsewhere',
      pid: 7,
      version: '9.9.9',
      channels: ['email'],
      startedAt: 5,
      at: Number(seconds) * 1000,
      ...changes,
    }
  }

  it('appear with what a worker does, and disappear when it stops', async () => {
    const transport = server()
    await until('Redis can be asked', async () => (await transport.workers()) !== null)
    expect(await transport.workers()).toEqual([])
    const before = Date.now()
    const first = worker(['webhook', 'slack'])
    await until('the first is seen', async () => (await transport.workers())?.length === 1)
    const second = worker(['email'])
    await until('both are seen', async () => (await transport.workers())?.length === 2)
    const seen = (await transport.workers()) ?? []
    expect(seen.map(({ channels }) => channels)).toContainEqual(['webhook', 'slack'])
    expect(seen.map(({ channels }) => channels)).toContainEqual(['email'])
    expect(new Set(seen.map(({ id }) => id)).size).toBe(2)
    for (const { host, pid, version: its, startedAt, secondsAgo } of seen) {
      expect({ host, pid, its }).toEqual({ host: hostname(), pid: process.pid, its: version })
      expect(startedAt).toBeGreaterThanOrEqual(before)
      expect(secondsAgo).toBeLessThanOrEqual(60)
    }
    await first.stop(1_000)
    expect((await transport.workers())?.map(({ channels }) => channels)).toEqual([['email']])
    await second.stop(1_000)
    expect(await transport.workers()).toEqual([])
    expect(await client.exists(keyOf(secret))).toBe(0)
  })

  it('cannot be read in Redis', async () => {
    const transport = server()
    worker(['webhook'])
    await until('it is seen', async () => (await transport.workers())?.length === 1)
    const dump = Object.values(await client.hgetall(keyOf(secret))).join('\n')
    expect(dump).not.toBe('')
    // In quotes what is so short that what is sealed might hold it by chance.
    for (const word of [JSON.stringify(hostname()), '"pid"', version, 'webhook', 'startedAt'])
      expect(dump).not.toContain(word)
  })

  it('are not seen by a server with another secret, wherever they lie', async () => {
    const [mine, other] = [server(), server(otherSecret)]
    worker(['webhook'])
    await until('it is seen', async () => (await mine.workers())?.length === 1)
    expect(await other.workers()).toEqual([])
    for (const [id, sealed] of Object.entries(await client.hgetall(keyOf(secret))))
      await client.hset(keyOf(otherSecret), id, sealed, `${id}-odd`, 'nonsense')
    expect(await other.workers()).toEqual([])
    expect(await client.exists(keyOf(otherSecret))).toBe(0)
  })

  it.each([
    ['a minute and more ago', -61_000, []],
    ['half a minute ago', -30_000, [30]],
    ['far ahead, since Redis’ clock was set back', 3_600_000, []],
  ])('count when they were written %s', async (_what, offsetMs, expected) => {
    const transport = server()
    await until('Redis can be asked', async () => (await transport.workers()) !== null)
    const { at, ...rest } = await facts({})
    const parts = partsOf(secret, redis.url)
    await writeHeartbeat(client, parts, 'killed', { ...rest, at: at + offsetMs })
    const seen = (await transport.workers()) ?? []
    expect(seen.map(({ secondsAgo }) => Math.floor(secondsAgo / 10) * 10)).toEqual(expected)
    expect(await client.hlen(keyOf(secret))).toBe(expected.length)
  })

  it('of dead workers are removed by the living, though nobody looks', async () => {
    await writeHeartbeat(client, partsOf(secret, redis.url), 'killed', await facts({ at: 0 }))
    expect(await client.hlen(keyOf(secret))).toBe(1)
    worker(['webhook'])
    await until('only the living is left', async () => {
      const ids = await client.hkeys(keyOf(secret))
      return ids.length === 1 && ids[0] !== 'killed'
    })
  })

  it('are unknown without Redis, and come again with it', async () => {
    const own = await startRedis()
    const transport = server(secret, own.url)
    worker(['webhook'], secret, own.url)
    await until('it is seen', async () => (await transport.workers())?.length === 1)
    await own.kill()
    await until('nobody knows', async () => (await transport.workers()) === null)
    await own.restart()
    await until('it is seen again', async () => (await transport.workers())?.length === 1)
    await Promise.all(open.splice(0).map((part) => part.stop(1_000)))
    await own.stop()
  })
})
