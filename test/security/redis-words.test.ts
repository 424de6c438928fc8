import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { reportRedis } from '../../src/transport/redis-report.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'
import { canary } from './canary.js'

describe.runIf(redisHalf)('a Redis that does not let us in', () => {
  let redis: RedisServer
  afterEach(() => redis.stop())

  it.each([
    ['knows no logins', ['--rename-command', 'AUTH', '', '--rename-command', 'HELLO', ''], 'unknown command'],
    ['knows no such user', [], 'WRONGPASS'],
  ])('is told of without the password when it %s', async (_what, args, words) => {
    const password = canary('the password in REDIS_URL').text
    redis = await startRedis({ args })
    const logged: string[] = []
    const report = reportRedis(pino({}, { write: (line: string) => logged.push(line) }), 'nothing happens')
    const url = redis.url.replace('//', `//gemherald:${password}@`)
    const connection = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 1 })
    connection.on('error', report.broken)
    connection.info().catch(report.broken)
    await until('it says why', () => report.trouble() !== null)
    connection.disconnect()
    expect(report.trouble()).toContain(words)
    expect(`${report.trouble()}${logged.join('')}`).not.toContain(password)
  })
})
