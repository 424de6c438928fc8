import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { deliverAll } from './deliver.js'
import { median, type Row } from './table.js'

const jobs = 10_000
const rounds = 3
/** What a server uses for its own worker. */
const concurrency = 128
/** Length of a sealed job. */
const jobBytes = 3_300
/** What a server hands out at once. */
const jobsAtOnce = 128

/** Deliveries over BullMQ, outcomes recorded, against a bare BullMQ worker that does nothing, on the same Redis. */
export async function benchDeliverOverRedis(): Promise<Row[]> {
  const redis = await startRedis()
  const measured = { ours: [] as number[], fed: [] as number[], filled: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    measured.fed.push(await workBare(redis.url, 'fed'))
    measured.ours.push(await deliverAll({ REDIS_URL: redis.url }))
    measured.filled.push(await workBare(redis.url, 'filled'))
  }
  redis.stop()
  const [ours, fed, filled] = [median(measured.ours), median(measured.fed), median(measured.filled)]
  const row = (baseline: number, name: string, wanted: number | null): Row => ({
    what: 'delivery over BullMQ, outcomes recorded',
    ours: `${Math.round(ours)}/s`,
    baseline: `${Math.round(baseline)}/s (bare BullMQ worker, ${name})`,
    ratio: ours / baseline,
    wanted,
  })
  return [
    row(fed, 'fed with jobs meanwhile, as ours is', 0.25),
    row(filled, 'all jobs in Redis before', null),
  ]
}

/**
 * Jobs a second that a worker with an empty processor gets through: `fed` by the same process meanwhile, as many at a time
 * as a server hands out, or with all jobs in Redis before the clock starts.
 */
async function workBare(url: string, how: 'fed' | 'filled'): Promise<number> {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  await connection.flushall()
  const queue = new Queue('bare', { connection })
  const feed = async () => {
    for (let added = 0; added < jobs; added += jobsAtOnce)
      await queue.addBulk(Array.from({ length: Math.min(jobsAtOnce, jobs - added) }, () => job))
  }
  if (how === 'filled') await feed()
  const begun = performance.now()
  const worker = new Worker('bare', async () => undefined, { connection, concurrency })
  const done = new Promise<void>((resolve) => {
    let left = jobs
    worker.on('completed', () => {
      left -= 1
      if (left === 0) resolve()
    })
  })
  if (how === 'fed') await feed()
  await done
  const rate = jobs / ((performance.now() - begun) / 1000)
  await worker.close()
  await queue.close()
  connection.disconnect()
  return rate
}

const job = {
  name: 'attempt',
  data: { sealed: randomBytes(jobBytes).toString('base64').slice(0, jobBytes) },
  opts: { removeOnComplete: true, removeOnFail: true },
}

/** A redis-server of the benchmark's own. */
export async function startRedis(): Promise<{ url: string; stop(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'gemherald-bench-redis-'))
  const port = await freePort()
  const args = ['--port', `${port}`, '--dir', dir, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1']
  const child: ChildProcess = spawn('redis-server', args, { stdio: 'ignore' })
  const clean = () => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', clean)
  const url = `redis://127.0.0.1:${port}`
  const probe = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  probe.on('error', () => undefined)
  await probe.ping()
  probe.disconnect()
  return {
    url,
    stop() {
      process.off('exit', clean)
      clean()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
