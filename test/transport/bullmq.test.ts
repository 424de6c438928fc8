import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/delivery.js'
import { createSeal, fingerprintOf } from '../../src/secret.js'
import { createBullmqTransport } from '../../src/transport/bullmq.js'
import { startBullmqWorker } from '../../src/transport/bullmq-worker.js'
import { withOwnWorker } from '../../src/transport/own-worker.js'
import { sealPurpose } from '../../src/transport/queues.js'
import type { Carrier, MakeAttempt } from '../../src/transport/transport.js'
import { withInbox } from '../../src/transport/with-inbox.js'
import { jobFor, outcomeOf } from '../helpers/jobs.js'
import { type RedisServer, redisHalf, startRedis } from '../helpers/redis-server.js'
import { until } from '../helpers/wait.js'
import { carryWhenOpen, openGate, transportContract } from './contract.js'

const log = pino({ level: 'silent' })
const secret = 'secret of the transport tests'

describe.runIf(redisHalf)('over Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  beforeEach(() => redis.flush())

  const server = (installation = 'test', by = secret) =>
    createBullmqTransport({
      redisUrl: redis.url,
      installation,
      seal: createSeal(by, sealPurpose),
      fingerprint: fingerprintOf(by),
      log,
      // Two seconds of peace are over in 40 ms.
      elapsed: () => performance.now() * 50,
    })
  const worker = (makeAttempt: MakeAttempt, by = secret, onWrongSecret: () => void = () => undefined) =>
    startBullmqWorker({
      redisUrl: redis.url,
      seal: createSeal(by, sealPurpose),
      fingerprint: fingerprintOf(by),
      makeAttempt,
      channels: ['webhook', 'slack', 'email'],
      concurrency: 50,
      log,
      onWrongSecret,
    })

  transportContract('BullMQ', async (makeAttempt) =>
    withInbox(
      withOwnWorker(server(), () => worker(makeAttempt)),
      makeAttempt,
    ),
  )

  describe('BullMQ', () => {
    const open: { stop(graceMs: number): Promise<void> }[] = []
    const using = <T extends { stop(graceMs: number): Promise<void> }>(part: T): T => {
      open.push(part)
      return part
    }
    afterEach(async () => {
      await Promise.all(open.splice(0).map((part) => part.stop(1_000)))
    })

    it('leaves nothing readable in Redis', async () => {
      const transport: Carrier = using(server())
      await transport.start(async () => undefined)
      await carryWhenOpen(transport, [jobFor(1, { url: 'http://canary.example/token' })])
      const client = new Redis(redis.url)
      const dump = await everythingIn(client)
      client.disconnect()
      expect(dump).toMatch(/gemherald-[0-9a-f]{12}:jobs-webhook/)
      for (const canary of ['canary', 'rails', 'gh_', 'msg_test']) expect(dump).not.toContain(canary)
    })

    it('keeps outcomes while the server is down, and brings them when it is back', async () => {
      const first = server()
      await first.start(async () => undefined)
      const gate = openGate()
      let attempts = 0
      using(
        worker(async (job) => {
          attempts += 1
          await gate.opened
          return outcomeOf(job)
        }),
      )
      await carryWhenOpen(first, [jobFor(1), jobFor(2), jobFor(3)])
      await until('the attempts are under way', () => attempts === 3)
      await first.stop(1_000)
      gate.open()

      const taken: number[] = []
      const second = using(server())
      await second.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      await until('the outcomes are taken', () => taken.length === 3)
      await until('it is settled', () => second.settled())
      expect(taken.sort()).toEqual([1, 2, 3])
      expect(attempts).toBe(3)
    })

    it('is not settled while an outcome is not recorded', async () => {
      const gate = openGate()
      const transport = using(server())
      let offered = 0
      await transport.start(async (outcomes) => {
        offered += outcomes.length
        await gate.opened
      })
      using(worker(async (job) => outcomeOf(job)))
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the outcome is offered', () => offered === 1)
      expect(await transport.settled()).toBe(false)
      gate.open()
      await until('it is settled', () => transport.settled())
    })

    it('is settled although new outcomes keep coming in', async () => {
      const gates = [openGate(), openGate()]
      const transport = using(server())
      const offered: number[] = []
      await transport.start(async ([outcome]) => {
        await gates[offered.push(outcome?.deliveryId ?? 0) - 1]?.opened
      })
      using(worker(async (job) => outcomeOf(job)))
      await until('Redis has been there for a while', () => transport.settled())
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the first outcome is offered', () => offered.length === 1)
      expect(await transport.settled()).toBe(false)
      await carryWhenOpen(transport, [jobFor(2)])
      await until('the second outcome is offered', () => offered.length === 2)
      gates[0]?.open()
      await until('it is settled', () => transport.settled())
      gates[1]?.open()
    })

    it('carries what is lost again, and leaves alone what was under way when it was asked for', async () => {
      const gate = openGate()
      const transport = using(server())
      const taken: number[] = []
      await transport.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      const attempts: number[] = []
      using(
        worker(async (job) => {
          attempts.push(job.deliveryId)
          if (job.deliveryId === 1) await gate.opened
          return outcomeOf(job)
        }),
      )
      await carryWhenOpen(transport, [jobFor(1)])
      await until('it is under way', () => attempts.length === 1)
      await until('it is settled', () => transport.settled())
      gate.open()
      await until('its outcome is taken', () => taken.length === 1)
      await untilGone(redis.url)
      // As a server does whose lease of both ended in between.
      expect(await transport.carry([jobFor(1), jobFor(2)])).toBe(true)
      await until('the other outcome is taken', () => taken.length === 2)
      expect(attempts).toEqual([1, 2])

      await redis.flush()
      await until('it is settled again', () => transport.settled())
      expect(await transport.carry([jobFor(1)])).toBe(true)
      await until('what Redis lost is done again', () => taken.length === 3)
    })

    it('takes up what a server held that died while it recorded', async () => {
      const dead = server()
      let held = 0
      await dead.start(async (outcomes) => {
        held += outcomes.length
        await new Promise(() => undefined)
      })
      using(worker(async (job) => outcomeOf(job)))
      await carryWhenOpen(dead, [jobFor(1)])
      await until('the outcome is in its hands', () => held === 1)
      await dead.stop(50)
      const taken: number[] = []
      const next = using(server())
      await next.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      // Sooner than a job is taken from a worker that died.
      await until('the next server has it', () => taken.length === 1, 8_000)
    })

    it('keeps installations on one Redis apart, with the same secret or with another', async () => {
      const taken: Record<string, number[]> = { one: [], two: [], three: [] }
      const open_ = async (name: string, by: string) => {
        const transport = using(server(name, by))
        await transport.start(async (outcomes) => {
          taken[name]?.push(...outcomes.map((outcome) => outcome.deliveryId))
        })
        return transport
      }
      const [one, two] = [await open_('one', secret), await open_('two', secret)]
      const three = await open_('three', 'quite another secret')
      await carryWhenOpen(one, [jobFor(1)])
      await carryWhenOpen(two, [jobFor(2)])
      await carryWhenOpen(three, [jobFor(3)])
      using(worker(async (job) => outcomeOf(job)))
      using(worker(async (job) => outcomeOf(job), 'quite another secret'))
      await until('all are taken', () => Object.values(taken).every((ids) => ids.length > 0))
      expect(taken).toEqual({ one: [1], two: [2], three: [3] })
    })

    it('takes jobs back that no worker has begun', async () => {
      const transport = using(server())
      const taken: number[] = []
      await transport.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      await carryWhenOpen(transport, [jobFor(1), jobFor(2), jobFor(3, { channel: 'slack' })])
      expect(await transport.withdraw([jobFor(1), jobFor(3, { channel: 'slack' })])).toBe(true)
      using(worker(async (job) => outcomeOf(job)))
      await until('the rest is taken', () => taken.length > 0)
      await until('it is settled', () => transport.settled())
      expect(taken).toEqual([2])
    })

    it('leaves outcomes aside that it cannot read, and goes on', async () => {
      const transport = using(server())
      const taken: number[] = []
      await transport.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      using(
        worker(async (job) => {
          const { verdict: _, ...odd } = outcomeOf(job)
          return job.deliveryId === 1 ? (odd as Outcome) : outcomeOf(job)
        }),
      )
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the odd one is gone', () => transport.settled())
      await carryWhenOpen(transport, [jobFor(2)])
      await until('the next one is taken', () => taken.length === 1)
      expect(taken).toEqual([2])
    })

    it('tells a worker with another secret at once', async () => {
      const transport = using(server())
      await transport.start(async () => undefined)
      await until('the server is connected', async () => (await transport.health()).blocking.length === 0)
      let told = 0
      using(
        worker(
          async (job) => outcomeOf(job),
          'quite another secret',
          () => {
            told += 1
          },
        ),
      )
      await until('the worker is told', () => told > 0)
    })

    it('says when Redis evicts keys', async () => {
      const client = new Redis(redis.url)
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
      const transport = using(server())
      await until('it is connected', async () => (await transport.health()).blocking.length === 0)
      expect((await transport.health()).warnings).toEqual([expect.stringContaining('allkeys-lru')])
      await client.config('SET', 'maxmemory-policy', 'noeviction')
      client.disconnect()
    })
  })

  describe('BullMQ while Redis dies and comes back', () => {
    it('takes nothing meanwhile, says so, and goes on afterwards', async () => {
      const own = await startRedis()
      const transport = createBullmqTransport({
        redisUrl: own.url,
        installation: 'test',
        seal: createSeal(secret, sealPurpose),
        fingerprint: fingerprintOf(secret),
        log,
      })
      const taken: number[] = []
      await transport.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      const helper = startBullmqWorker({
        redisUrl: own.url,
        seal: createSeal(secret, sealPurpose),
        fingerprint: fingerprintOf(secret),
        makeAttempt: async (job) => outcomeOf(job),
        channels: ['webhook'],
        concurrency: 2,
        log,
        onWrongSecret: () => undefined,
      })
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the first outcome is taken', () => taken.length === 1)
      await own.kill()
      await until('it notices', async () => (await transport.health()).blocking.length === 1)
      expect(await transport.carry([jobFor(2)])).toBe(false)
      expect(await transport.settled()).toBe(false)
      await own.restart()
      await carryWhenOpen(transport, [jobFor(2)])
      await until('the second outcome is taken', () => taken.length === 2)
      expect(taken).toEqual([1, 2])
      await helper.stop(1_000)
      await transport.stop(1_000)
      await own.stop()
    })

    it('takes the outcomes of its own worker although Redis is gone, and stops without it', async () => {
      const own = await startRedis()
      const gate = openGate()
      let attempts = 0
      const parts = {
        redisUrl: own.url,
        seal: createSeal(secret, sealPurpose),
        fingerprint: fingerprintOf(secret),
        log,
      }
      const makeAttempt: MakeAttempt = async (job) => {
        attempts += 1
        await gate.opened
        return outcomeOf(job)
      }
      const transport = withOwnWorker(createBullmqTransport({ ...parts, installation: 'test' }), (take) =>
        startBullmqWorker({
          ...parts,
          ownServer: { installation: 'test', take },
          makeAttempt,
          channels: ['webhook'],
          concurrency: 2,
          onWrongSecret: () => undefined,
        }),
      )
      const taken: number[] = []
      await transport.start(async (outcomes) => {
        taken.push(...outcomes.map((outcome) => outcome.deliveryId))
      })
      await carryWhenOpen(transport, [jobFor(1)])
      await until('the attempt is under way', () => attempts === 1)
      await own.kill()
      await until('it notices', async () => (await transport.health()).blocking.length === 1)
      // Far longer than a test may last: it ends when the attempt has.
      const stopped = transport.stop(600_000)
      gate.open()
      await stopped
      expect(taken).toEqual([1])
      await own.stop()
    })

    it('starts and stops without Redis', async () => {
      const transport = createBullmqTransport({
        redisUrl: 'redis://127.0.0.1:1',
        installation: 'test',
        seal: createSeal(secret, sealPurpose),
        fingerprint: fingerprintOf(secret),
        log,
      })
      await transport.start(async () => undefined)
      expect(await transport.carry([jobFor(1)])).toBe(false)
      expect((await transport.health()).blocking).toEqual([expect.stringContaining('unreachable')])
      await transport.stop(500)
    })
  })
})

async function untilGone(url: string): Promise<void> {
  const client = new Redis(url)
  await until('no job is in Redis', async () => {
    const lists = (await client.keys('*:jobs-*')).filter((key) => /:(wait|active)$/.test(key))
    return lists.length === 0
  })
  client.disconnect()
}

async function everythingIn(client: Redis): Promise<string> {
  const keys = await client.keys('*')
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await client.type(key)
      if (type === 'hash') return JSON.stringify(await client.hgetall(key))
      if (type === 'list') return JSON.stringify(await client.lrange(key, 0, -1))
      if (type === 'stream') return JSON.stringify(await client.xrange(key, '-', '+'))
      return type === 'string' ? String(await client.get(key)) : ''
    }),
  )
  return [...keys, ...values].join('\n')
}
