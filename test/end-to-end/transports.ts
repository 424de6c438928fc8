import { afterAll, describe } from 'vitest'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'

/** Runs the same tests in-process and over Redis. `environment` gives the settings, with a Redis of their own, emptied. */
export function onBothTransports(
  what: string,
  tests: (environment: () => Promise<Record<string, string>>) => void,
): void {
  describe(`${what}, in-process`, () => tests(async () => ({})))

  describe.runIf(redisHalf)(`${what}, over Redis`, () => {
    let redis: Promise<RedisServer> | undefined
    afterAll(async () => (await redis)?.stop())
    tests(async () => {
      redis ??= startRedis()
      const { url, flush } = await redis
      await flush()
      return { REDIS_URL: url }
    })
  })
}
