import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRedis } from './deliver-over-redis.js'
import { serverFile, startProgram } from './programs.js'
import { median, type Row } from './table.js'
import { addHook, apiKey, newWebhooks, push, rubygemsKey } from './webhooks.js'

const pushes = 100
const pauseMs = 20
const webhooks = newWebhooks()

/** From the start of a push until its message has arrived in full, on an otherwise idle system. */
export async function benchLatency(): Promise<Row[]> {
  const redis = await startRedis()
  const rows = [
    row('push to HTTP, in-process, p50', await latencies({}), '< 15 ms wanted'),
    row('push to HTTP, over Redis, p50', await latencies({ REDIS_URL: redis.url }), '< 40 ms wanted'),
  ]
  redis.stop()
  return rows
}

function row(what: string, ms: number[], wanted: string): Row {
  return { what, ours: `${median(ms).toFixed(1)} ms`, baseline: wanted, ratio: null, wanted: null }
}

async function latencies(env: Record<string, string>): Promise<number[]> {
  let arrived: () => void = () => undefined
  const sink = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      arrived()
      response.end()
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
  const server = await startProgram(serverFile, ['serve'], {
    RUBYGEMS_API_KEYS: rubygemsKey,
    GEMHERALD_API_KEY: apiKey,
    RUBYGEMS_HOST: sinkUrl,
    ...env,
  })
  await addHook(server.url, `${sinkUrl}/hook`)
  const measured: number[] = []
  for (let count = 0; count < pushes; count += 1) {
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const begun = performance.now()
    await push(server.url, webhooks())
    await arrival
    measured.push(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  await server.stop()
  sink.closeAllConnections()
  sink.close()
  return measured
}
