import { benchDeliver } from './deliver.js'
import { benchDeliverOverRedis } from './deliver-over-redis.js'
import { benchLatency } from './latency.js'
import { benchReceive } from './receive.js'
import { benchSize } from './size.js'
import { type Row, table } from './table.js'

const benchmarks: Record<string, () => Promise<Row[]>> = {
  receive: benchReceive,
  deliver: benchDeliver,
  'deliver-over-redis': benchDeliverOverRedis,
  latency: benchLatency,
  size: benchSize,
}

const chosen = process.argv.slice(2)
const names = chosen.length > 0 ? chosen : Object.keys(benchmarks)
const rows: Row[] = []
for (const name of names) {
  const benchmark = benchmarks[name]
  if (benchmark === undefined)
    throw new Error(`There is no benchmark ${name}: choose from ${Object.keys(benchmarks).join(', ')}.`)
  console.error(`${name} …`)
  rows.push(...(await benchmark()))
}
console.log(table(rows))
