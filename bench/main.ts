import { benchDeliver } from './deliver.js'
import { benchDeliverOverRedis } from './deliver-over-redis.js'
import { benchLatency } from './latency.js'
import { benchLists } from './lists.js'
import { benchReceive } from './receive.js'
import { benchSize } from './size.js'
import { type Row, table } from './table.js'

const benchmarks: Record<string, () => Promise<Row[]>> = {
  receive: benchReceive,
  deliver: benchDeliver,
  'deliver-over-redis': benchDeliverOverRedis,
  latency: benchLatency,
  size: benchSize,
  lists: benchLists,
}

const chosen = process.argv.slice(2)
const unknown = chosen.find((name) => benchmarks[name] === undefined)
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}: choose from ${Object.keys(benchmarks).join(', ')}.`)
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const rows: Row[] = []
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.error(`${name} …`)
  const found = await benchmark()
  console.error(table(found))
  rows.push(...found)
}
console.log(table(rows))
