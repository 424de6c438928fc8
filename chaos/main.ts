import { parseArgs } from 'node:util'
import type { AnyRow } from './row.js'
import { rows } from './rows.js'
import { passed, type Scored, scorecard } from './scorecard.js'

const usage = 'Usage: npm run chaos [-- [--quick] [ROW NUMBER …]]'
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const { quick, chosen } = readArguments()
const done: Scored[] = []
const begun = performance.now()
// Two lanes: the soak lasts as long as all others together, and is the harder for them.
const lanes = [chosen.filter(({ number }) => number === 11), chosen.filter(({ number }) => number !== 11)]
await Promise.all(lanes.map(runLane))
done.sort((a, b) => a.row.number - b.row.number)
console.log(scorecard(done))
const met = done.filter(passed).length
console.log(`${met} of ${done.length} rows met, in ${Math.round((performance.now() - begun) / 1000)} s.`)
process.exit(met === done.length ? 0 : 1)

function readArguments(): { quick: boolean; chosen: AnyRow[] } {
  try {
    const { values, positionals } = parseArgs({
      options: { quick: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    const unknown = positionals.find((text) => !rows.some(({ number }) => `${number}` === text))
    if (unknown !== undefined) throw new Error(`There is no row ${unknown}.`)
    const wanted = rows.filter(({ number }) => positionals.length === 0 || positionals.includes(`${number}`))
    return { quick: values.quick, chosen: wanted }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(2)
  }
}

async function runLane(lane: AnyRow[]): Promise<void> {
  for (const row of lane) {
    const scored = await runRow(row)
    if (scored === null) continue
    done.push(scored)
    console.error(`${scorecard([scored]).split('\n').slice(1).join('\n')}\n    (${scored.seconds} s)`)
  }
}

/** Null when the form that was asked for has no such row. */
async function runRow(row: AnyRow): Promise<Scored | null> {
  const rowBegun = performance.now()
  const seconds = () => Math.round((performance.now() - rowBegun) / 1000)
  const running = row.start(quick)
  if (running === null) return null
  console.error(`${row.number} ${row.fault} …`)
  try {
    return { row, finding: await running, trouble: null, seconds: seconds() }
  } catch (error) {
    const trouble = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { row, finding: null, trouble, seconds: seconds() }
  }
}
