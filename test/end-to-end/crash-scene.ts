import { expect } from 'vitest'
import { apiKey, type Client, clientOf } from '../helpers/gemherald.js'
import type { HttpSink, ReceivedRequest } from '../helpers/http-sink.js'
import { type GemheraldProcess, runGemherald, runServer, temporaryFolder } from '../helpers/process.js'
import { secrets } from '../helpers/webhooks.js'

// What the crash tests share: real processes on one data folder, many endpoints at one slow sink.

export const endpoints = 10
export const patienceMs = 45_000

/** Servers and workers of one test; all are killed and their data removed by `end`. */
export function createScene() {
  const folder = temporaryFolder()
  const processes: GemheraldProcess[] = []
  const env = (other: Record<string, string>) => ({
    DATA_DIR: folder.path,
    GEMHERALD_API_KEY: apiKey,
    GEMHERALD_SECRET: 'the secret of the crash tests',
    RUBYGEMS_API_KEYS: secrets.modern,
    RUBYGEMS_HOST: 'http://127.0.0.1:1025',
    LOG_LEVEL: 'warn',
    ...other,
  })
  return {
    async server(other: Record<string, string> = {}, args: string[] = []) {
      const started = await runServer(env(other), args)
      processes.push(started)
      return { ...started, ...clientOf(started.url) }
    },
    async worker(redisUrl: string) {
      const started = runGemherald(['worker', '--concurrency', '20'], env({ REDIS_URL: redisUrl }))
      processes.push(started)
      await started.prints(/worker serves/)
      return started
    },
    async end() {
      await Promise.all(processes.map((process) => process.end('SIGKILL')))
      folder.remove()
    },
  }
}

/** Long enough for a kill to hit many attempts under way. */
export async function slowly() {
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { status: 200 }
}

export async function subscribe(gemherald: Client, sink: HttpSink): Promise<void> {
  for (let endpoint = 0; endpoint < endpoints; endpoint += 1)
    await gemherald.addHook('*', `${sink.url}/${endpoint}`)
}

export async function pushReleases(gemherald: Client, count: number): Promise<void> {
  const pushes = Array.from({ length: count }, (_, index) => gemherald.pushRelease('rails', `1.0.${index}`))
  for (const { status } of await Promise.all(pushes)) expect(status).toBe(202)
}

export function idsIn(sink: HttpSink): Set<unknown> {
  return new Set(sink.received.map((request) => request.headers['webhook-id']))
}

/** Every repeat carries the same message under the same id. */
export function expectSameBodies(requests: ReceivedRequest[]): void {
  const bodies = new Map<unknown, string>()
  for (const { headers, path, body } of requests) {
    const message = path + body.toString()
    expect(bodies.get(headers['webhook-id']) ?? message).toBe(message)
    bodies.set(headers['webhook-id'], message)
  }
}
