import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Arrivals, startArrivals } from '../../chaos/arrivals.js'
import { apiKey, pause } from '../../chaos/client.js'
import { createInstallation, type Installation } from '../../chaos/installation.js'
import { jobsInRedis } from '../../chaos/jobs-in-redis.js'
import { allDelivered, score } from '../../chaos/score.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'

// What the rows of the fault suite (test/chaos/) do not show.

const paths = Array.from({ length: 10 }, (_, index) => `/${index}`)
const answerMs = 100

describe('what was accepted', () => {
  let arrivals: Arrivals
  let installation: Installation

  beforeEach(async () => {
    arrivals = await startArrivals(() => pause(answerMs).then(() => 200))
    installation = createInstallation()
  })
  afterEach(() => Promise.all([installation.end(), arrivals.close()]))

  const subscribe = async () => {
    for (const path of paths) await installation.client.addHook(arrivals.url + path)
  }

  it('is not sent again after a clean stop in the middle, without Redis', async () => {
    const { client } = installation
    const first = await installation.server()
    await subscribe()
    await client.postMany(20, 10)
    await until('some have arrived', () => arrivals.requests >= 60)
    expect(await first.end('SIGTERM')).toBe(0)
    expect(arrivals.delivered).toBeLessThan(200)

    await installation.server()
    await allDelivered(client, arrivals, paths)
    expect(score(client, arrivals, paths)).toMatchObject({ delivered: 200, lost: 0, repeated: 0 })
  })

  describe.runIf(redisHalf)('over Redis', () => {
    let redis: RedisServer
    beforeAll(async () => {
      redis = await startRedis()
    })
    afterAll(() => redis.stop())
    const startServer = () => installation.server({ REDIS_URL: redis.url }, ['--no-worker'])

    it('is not sent once its hook is removed, although it lay in Redis already', async () => {
      const { client } = installation
      const server = await startServer()
      await subscribe()
      await client.post()
      await until('jobs lie in Redis', async () => (await jobsInRedis(redis.url)) === paths.length)
      for (const path of paths.slice(1)) await removeHook(server.url, arrivals.url + path)
      await until('they are taken back', async () => (await jobsInRedis(redis.url)) === 1)
      await installation.worker(redis.url)
      await until('nothing is owed', async () => (await readiness(server.url)).body.pendingDeliveries === 0)
      expect(arrivals.all().map((arrival) => arrival.path)).toEqual(['/0'])
    })

    it('is accepted while Redis is down, which readiness tells of, and arrives when it is back', async () => {
      const { client } = installation
      const server = await startServer()
      await installation.worker(redis.url)
      await subscribe()
      await until('it is ready', async () => (await readiness(server.url)).status === 200)
      await redis.kill()
      await until('it says so', async () => (await readiness(server.url)).status === 503)
      expect((await readiness(server.url)).body.problems).toEqual([
        expect.stringContaining('Redis is unreachable'),
      ])
      await client.postMany(10, 10)
      expect([...client.statuses]).toEqual([[202, 10]])
      expect(arrivals.requests).toBe(0)
      await redis.restart()
      expect(await allDelivered(client, arrivals, paths)).toBe(true)
      expect((await readiness(server.url)).status).toBe(200)
    })
  })
})

async function readiness(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function removeHook(url: string, target: string): Promise<void> {
  const query = new URLSearchParams({ gem_name: '*', url: target })
  const answer = await fetch(`${url}/api/v1/web_hooks/remove?${query}`, {
    method: 'DELETE',
    headers: { authorization: apiKey },
  })
  expect(answer.status).toBe(200)
}
