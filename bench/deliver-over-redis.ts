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
const concurrency = 64
/** Length of a sealed job. */
const jobBytes = 3_300

/** Deliveries over BullMQ, outcomes recorded, against a bare BullMQ worker that does nothing, on the same Redis. */
export async function benchDeliverOverRedis(): Promise<Row[]> {
  const redis = await startRedis()
  const measured = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    measured.bare.push(await workBare(redis.url))
    measured.ours.push(await deliverAll({ REDIS_URL: redis.url }))
  }
  redis.stop()
  const [ours, bare] = [median(measured.ours), median(measured.bare)]
  return [
    {
      what: 'delivery over BullMQ, outcomes recorded',
      ours: `${Math.round(ours)}/s`,
      baseline: `${Math.round(bare)}/s (bare BullMQ worker, jobs already in Redis)`,
      ratio: ours / bare,
      wanted: 0.25,
    },
  ]
}

/** Jobs a second that a worker with an empty processor gets through. */
async function workBare(url: string): Promise<number> {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  await connection.flushall()
  const queue = new Queue('bare', { connection })
  const data = { sealed: randomBytes(jobBytes).toString('base64').slice(0, jobBytes) }
  const job = { name: 'attempt', data, opts: { removeOnComplete: true, removeOnFail: true } }
  for (let added = 0; added < jobs; added += 500) await queue.addBulk(Array.from({ length: 500 }, () => job))
  const rate = await new Promise<number>((resolve) => {
    let done = 0
    const begun = performance.now()
    const worker = new Worker('bare', async () => undefined, { connection, concurrency })
    worker.on('completed', () => {
      done += 1
      if (done === jobs) worker.close().then(() => resolve(jobs / ((performance.now() - begun) / 1000)))
    })
  })
  await queue.close()
  connection.disconnect()
  return rate
}

/** A redis-server of the benchmark's own. */
export async function startRedis(): Promise<{ url: string; stop(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'gemherald-bench-redis-'))
  const port = await freePort()
  const args = [
    '--port',
    String(port),
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    '--bind',
    '127.0.0.1',
  ]
  const child: ChildProcess = spawn('redis-server', args, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const probe = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  probe.on('error', () => undefined)
  await probe.ping()
  probe.disconnect()
  return {
    url,
    stop() {
      child.kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
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
