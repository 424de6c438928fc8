import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'
import {
  createScene,
  endpoints,
  expectSameBodies,
  idsIn,
  patienceMs,
  pushReleases,
  slowly,
  subscribe,
} from './crash-scene.js'

describe.runIf(redisHalf)('what was accepted, over Redis', () => {
  let redis: RedisServer
  let sink: HttpSink
  let scene: ReturnType<typeof createScene>

  beforeAll(async () => {
    redis = await startRedis()
    sink = await startHttpSink(slowly)
  })
  afterAll(() => Promise.all([redis.stop(), sink.close()]))
  beforeEach(() => {
    scene = createScene()
    sink.received.length = 0
  })
  afterEach(async () => {
    await scene.end()
    await redis.flush()
  })
  const server = () => scene.server({ REDIS_URL: redis.url }, ['--no-worker'])
  const worker = () => scene.worker(redis.url)

  it('arrives although a worker is killed in the middle of 500 deliveries', async () => {
    const running = await server()
    const victim = await worker()
    await subscribe(running, sink)
    await pushReleases(running, 50)
    await sink.waitFor(100, patienceMs)
    await victim.end('SIGKILL')
    expect(sink.received.length).toBeLessThan(500)

    await worker()
    await until('all 500 are there', () => idsIn(sink).size === 500, patienceMs)
    expect(sink.received.length).toBeLessThanOrEqual(500 + 20)
    expectSameBodies(sink.received)
  }, 60_000)

  it('arrives although the server is killed, and what workers finish meanwhile is not repeated', async () => {
    const first = await server()
    await subscribe(first, sink)
    await pushReleases(first, 50)
    await worker()
    await sink.waitFor(100, patienceMs)
    await first.end('SIGKILL')
    expect(sink.received.length).toBeLessThan(500)

    await server()
    await until('all 500 are there', () => idsIn(sink).size === 500, patienceMs)
    expect(sink.received).toHaveLength(500)
  }, 60_000)

  it('is not sent once its hook is removed, although it lay in Redis already', async () => {
    const running = await server()
    await subscribe(running, sink)
    await pushReleases(running, 1)
    await until('jobs lie in Redis', async () => (await jobsIn(redis.url)) === endpoints)
    for (let endpoint = 1; endpoint < endpoints; endpoint += 1)
      await running.removeHook('*', `${sink.url}/${endpoint}`)
    await until('they are taken back', async () => (await jobsIn(redis.url)) === 1)
    await worker()
    await until('nothing is owed', async () => (await running.readiness()).body.pendingDeliveries === 0)
    expect(sink.received.map((request) => request.path)).toEqual(['/0'])
  }, 60_000)

  it('is accepted while Redis is down, and arrives when it is back', async () => {
    const running = await server()
    await worker()
    await subscribe(running, sink)
    await until('it is ready', async () => (await running.readiness()).status === 200)
    await redis.kill()
    await until('it says so', async () => (await running.readiness()).status === 503)
    expect((await running.readiness()).body.problems).toEqual([
      expect.stringContaining('Redis is unreachable'),
    ])
    await pushReleases(running, 10)
    expect(sink.received).toHaveLength(0)
    await redis.restart()
    await until('all 100 are there', () => idsIn(sink).size === 100, patienceMs)
    expect((await running.readiness()).status).toBe(200)
  }, 60_000)

  it('stops within 30 s while Redis is unreachable', async () => {
    const running = await server()
    await until('it is ready', async () => (await running.readiness()).status === 200)
    await redis.kill()
    expect(await running.end('SIGTERM')).toBe(0)
    await redis.restart()
  })

  it('arrives although Redis is wiped while 1,000 deliveries are pending', async () => {
    let skippedMs = 0
    const running = await startGemherald({ env: { REDIS_URL: redis.url }, now: () => Date.now() + skippedMs })
    await subscribe(running, sink)
    await pushReleases(running, 100)
    await sink.waitFor(50, patienceMs)
    await redis.flush()
    await sink.waitFor(100, patienceMs)
    await redis.flush()
    await until(
      'all 1,000 are there',
      () => {
        // A lease that was lost with Redis ends after half a minute.
        skippedMs += 1_000
        running.wake()
        return idsIn(sink).size === 1000
      },
      patienceMs,
    )
    expectSameBodies(sink.received)
    await running.remove()
  }, 60_000)
})

async function jobsIn(url: string): Promise<number> {
  const client = new Redis(url)
  const [queue] = await client.keys('*:jobs-webhook:wait')
  const length = queue === undefined ? 0 : await client.llen(queue)
  client.disconnect()
  return length
}
