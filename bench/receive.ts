import autocannon from 'autocannon'
import { benchFile, type Program, serverFile, startProgram } from './programs.js'
import { median, type Row } from './table.js'
import { newWebhooks, rubygemsKey } from './webhooks.js'

const connections = 32
const seconds = 5
const rounds = 3

/** Durable receive against a bare Express route, in turns, both fed the same stream of ever new, signed webhooks. */
export async function benchReceive(): Promise<Row[]> {
  const gemherald = await startProgram(serverFile, ['serve'], { RUBYGEMS_API_KEYS: rubygemsKey })
  const bare = await startProgram(benchFile('baseline-receive'), [])
  const measured = { gemherald: [] as number[], bare: [] as number[] }
  await load(bare, 1)
  await load(gemherald, 1)
  for (let round = 0; round < rounds; round += 1) {
    measured.bare.push(await load(bare, seconds))
    measured.gemherald.push(await load(gemherald, seconds))
  }
  await gemherald.stop()
  await bare.stop()
  const [ours, theirs] = [median(measured.gemherald), median(measured.bare)]
  return [
    {
      what: `durable receive, ${connections} connections`,
      ours: `${Math.round(ours)}/s`,
      baseline: `${Math.round(theirs)}/s (bare Express 5)`,
      ratio: ours / theirs,
      wanted: 0.7,
    },
  ]
}

const webhooks = newWebhooks()

/** Requests a second that were answered 2xx. */
async function load({ url }: Program, duration: number): Promise<number> {
  const result = await autocannon({
    url: `${url}/webhooks/rubygems`,
    method: 'POST',
    connections,
    duration,
    requests: [
      {
        setupRequest: (request) => {
          const { body, authorization } = webhooks()
          return { ...request, body, headers: { 'content-type': 'application/json', authorization } }
        },
      },
    ],
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url} answered ${result.non2xx} requests without 2xx and failed ${result.errors}.`)
  return result['2xx'] / result.duration
}
