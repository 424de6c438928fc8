import { Pool } from 'undici'
import { benchFile, type Program, serverFile, startProgram } from './programs.js'
import { median, type Row } from './table.js'
import { addHook, apiKey, newWebhooks, pendingDeliveries, push, rubygemsKey, until } from './webhooks.js'

const endpoints = 100
const events = 100
const deliveries = endpoints * events
const rounds = 3
const webhooks = newWebhooks()

/** Deliveries from a server with an in-process transport, against a bare undici loop that posts the same bodies. */
export async function benchDeliver(): Promise<Row[]> {
  const measured = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    measured.bare.push(await postBare())
    measured.ours.push(await deliverAll({}))
  }
  const [ours, bare] = [median(measured.ours), median(measured.bare)]
  return [
    {
      what: `in-process delivery to ${endpoints} endpoints, attempts recorded`,
      ours: `${Math.round(ours)}/s`,
      baseline: `${Math.round(bare)}/s (bare undici loop, 64 connections)`,
      ratio: ours / bare,
      wanted: 0.15,
    },
  ]
}

/** Deliveries a second, from the first push until the last outcome is recorded. */
export async function deliverAll(env: Record<string, string>): Promise<number> {
  const sink = await startProgram(benchFile('sink'), [])
  const server = await startProgram(serverFile, ['serve'], {
    RUBYGEMS_API_KEYS: rubygemsKey,
    GEMHERALD_API_KEY: apiKey,
    RUBYGEMS_HOST: sink.url,
    ...env,
  })
  for (let endpoint = 0; endpoint < endpoints; endpoint += 1)
    await addHook(server.url, `${sink.url}/${endpoint}`)
  const begun = performance.now()
  await Promise.all(Array.from({ length: events }, () => push(server.url, webhooks())))
  await until(async () => (await pendingDeliveries(server.url)) === 0)
  const rate = deliveries / ((performance.now() - begun) / 1000)
  if ((await count(sink)) < deliveries)
    throw new Error(`Only ${await count(sink)} of ${deliveries} deliveries arrived.`)
  await server.stop()
  await sink.stop()
  return rate
}

async function postBare(): Promise<number> {
  const sink = await startProgram(benchFile('sink'), [])
  const pool = new Pool(sink.url, { connections: 64 })
  const bodies = Array.from({ length: events }, () => webhooks().body)
  let next = 0
  const loop = async () => {
    while (next < deliveries) {
      const body = bodies[next % events] ?? ''
      next += 1
      const answer = await pool.request({
        method: 'POST',
        path: `/${next % endpoints}`,
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body.dump()
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: 64 }, loop))
  const rate = deliveries / ((performance.now() - begun) / 1000)
  await pool.close()
  await sink.stop()
  return rate
}

async function count(sink: Program): Promise<number> {
  return Number(await (await fetch(`${sink.url}/count`)).text())
}
