import { once } from 'node:events'
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'

/** A Redis that asks for a login, and writes down what it is told. */
export interface WatchedRedis {
  /** With the login in it. */
  url: string
  /** The same with another password. */
  urlWith(password: string): string
  /** Every command that Redis was sent, but for logins, as it shows them itself. */
  commands(): string
  /** What lies in it now: each key with its value, whatever its type, and what it says of its clients and of slow commands. */
  contents(): Promise<Map<string, Buffer>>
  stop(): Promise<void>
}

/** Starts one for the user `gemherald` with this password. */
export async function startWatchedRedis(password: string): Promise<WatchedRedis> {
  const server = await startRedis({
    args: [
      '--user',
      'gemherald',
      'on',
      `>${password}`,
      '~*',
      '&*',
      '+@all',
      '--slowlog-log-slower-than',
      '0',
    ],
  })
  const monitor = connect(server.port, '127.0.0.1')
  let seen = ''
  monitor.on('data', (chunk) => {
    seen += chunk
  })
  await once(monitor, 'connect')
  monitor.write('MONITOR\r\n')
  await until('Redis shows what it is told', () => seen.startsWith('+OK'))
  const urlWith = (word: string) => `redis://gemherald:${word}@127.0.0.1:${server.port}`
  return {
    url: urlWith(password),
    urlWith,
    commands: () => seen,
    contents: () => readAll(server.url),
    async stop() {
      monitor.destroy()
      await server.stop()
    },
  }
}

async function readAll(url: string): Promise<Map<string, Buffer>> {
  const redis = new Redis(url)
  try {
    const found = new Map<string, Buffer>([
      ['CLIENT LIST', Buffer.from(String(await redis.client('LIST')))],
      ['SLOWLOG', Buffer.from(JSON.stringify(await redis.slowlog('GET', 1000)))],
    ])
    for (const key of await redis.keys('*')) {
      found.set(`the key ${key}`, Buffer.from(key))
      const parts = await readers[await redis.type(key)]?.(redis, key)
      if (parts === undefined) throw new Error(`The test does not know how to read ${key}.`)
      for (const [at, part] of parts.entries()) found.set(`${key} #${at}`, part)
    }
    return found
  } finally {
    redis.disconnect()
  }
}

const readers: Record<string, (redis: Redis, key: string) => Promise<Buffer[]>> = {
  // It is gone since it was listed.
  none: async () => [],
  string: async (redis, key) => [(await redis.getBuffer(key)) ?? Buffer.alloc(0)],
  list: (redis, key) => redis.lrangeBuffer(key, 0, -1),
  set: (redis, key) => redis.smembersBuffer(key),
  zset: (redis, key) => redis.zrangeBuffer(key, '0', '-1'),
  hash: async (redis, key) =>
    Object.entries(await redis.hgetallBuffer(key)).flatMap(([field, value]) => [Buffer.from(field), value]),
  stream: async (redis, key) =>
    (await redis.xrangeBuffer(key, '-', '+')).flatMap(([id, fields]) => [id, ...fields]),
}
