import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from '../../chaos/installation.js'
import { onBothTransports } from '../end-to-end/transports.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'

// Real processes, and real kills.

let installation: Installation
beforeEach(() => {
  installation = createInstallation()
})
afterEach(() => installation.end())

const query = <Row>(sql: string): Row[] => {
  const connection = new Sqlite(join(installation.dataDir, 'ledger.db'), { readonly: true })
  try {
    return connection.prepare<[], Row>(sql).all()
  } finally {
    connection.close()
  }
}
/** How many deliveries of a channel are in which state. */
const states = (channel: string) =>
  query(`SELECT state, count(*) AS count FROM deliveries WHERE channel = '${channel}' GROUP BY state`)
/** How often messages of deliveries are kept, and how often attempts were recorded for each. */
const kept = () =>
  query('SELECT count(*) AS messages, count(DISTINCT delivery_id) AS deliveries FROM inbox_messages')
const attempts = () =>
  query(`SELECT verdict, count(*) AS count FROM attempts JOIN deliveries ON id = delivery_id
    WHERE channel = 'inbox' GROUP BY verdict`)

onBothTransports('a server that is killed again and again', (environment) => {
  it('keeps each message for an inbox once', async () => {
    const env = await environment()
    const { client } = installation
    let server = await installation.server(env)
    await client.addHook('inbox:demo')
    const posted = client.postMany(200, 8, 5)
    for (const accepted of [40, 100, 160]) {
      await until(`${accepted} are accepted`, () => client.accepted.size >= accepted)
      await server.end('SIGKILL')
      server = await installation.server(env)
    }
    await posted
    await until('nothing is owed', async () => (await client.owed()) === 0)
    expect(states('inbox')).toEqual([{ state: 'succeeded', count: 200 }])
    expect(kept()).toEqual([{ messages: 200, deliveries: 200 }])
    expect(attempts()).toEqual([{ verdict: 'succeeded', count: 200 }])
  }, 60_000)
})

describe.runIf(redisHalf)('a worker that is killed', () => {
  let redis: RedisServer
  let sink: HttpSink
  beforeAll(async () => {
    redis = await startRedis()
    sink = await startHttpSink('hang')
  })
  afterAll(async () => {
    await sink.close()
    await redis.stop()
  })

  it('takes no message for an inbox with it, and none waits for another worker', async () => {
    const { client } = installation
    await installation.server({ REDIS_URL: redis.url }, ['--no-worker'])
    const worker = await installation.worker(redis.url)
    await client.addHook('inbox:demo')
    await client.addHook(sink.url)
    const posted = client.postMany(40, 8, 5)
    await sink.waitFor(1, 20_000)
    await worker.end('SIGKILL')
    await posted
    await until('all are kept', () => {
      const [inbox] = states('inbox')
      return JSON.stringify(inbox) === JSON.stringify({ state: 'succeeded', count: 40 })
    })
    expect(kept()).toEqual([{ messages: 40, deliveries: 40 }])
    expect(attempts()).toEqual([{ verdict: 'succeeded', count: 40 }])
    expect(states('webhook')).toEqual([{ state: 'pending', count: 40 }])
  }, 60_000)
})
