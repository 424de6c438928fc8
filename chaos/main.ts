import { parseArgs } from 'node:util'
import type { AnyRow } from './row.js'
import { rows } from './rows.js'
import { passed, type Scored, scorecard } from './scorecard.js'

const usage = `Usage: npm run chaos [-- [--quick] [ROW ...]]

Brings faults about on real processes and prints what they cost, by the ledgers of those who post and those who receive.
Exits with 1 when something was not as it must be. Without a ROW all of them run:
${rows.map(({ number, fault, quick }) => `${String(number).padStart(4)}  ${fault}${quick ? '' : ' (not with --quick)'}`).join('\n')}`

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
// What a row left undone must not end the others.
let strays = 0
process.on('unhandledRejection', (error) => {
  strays += 1
  console.error(error)
})

const { quick, chosen } = readArguments()
const limitMinutes = quick ? 4 : 40
const besideSoak = [3, 7]
const besideOthers = quick ? [7, 8, 9, 10] : [2, 5, 8, 9, 10, 12]
/**
 * One phase after the other, and in each the lanes side by side. The soak has company that waits more than it works, since
 * how soon a webhook is answered hangs on what else the machine does; so does the short form, which has no soak.
 */
const phases = quick
  ? [[besideOthers, others(besideOthers)]]
  : [
      [besideOthers, others([...besideOthers, ...besideSoak, 11])],
      [besideSoak, [11]],
    ]
const done: Scored[] = []
const begun = performance.now()
for (const lanes of phases) await Promise.all(lanes.map(runLane))

done.sort((a, b) => a.row.number - b.row.number)
console.log(scorecard(done))
const met = done.filter(passed).length
const minutes = (performance.now() - begun) / 60_000
console.log(`${met} of ${done.length} rows met, in ${minutes.toFixed(1)} min; ≤ ${limitMinutes} min wanted.`)
process.exit(met === done.length && minutes <= limitMinutes && strays === 0 ? 0 : 1)

function readArguments(): { quick: boolean; chosen: AnyRow[] } {
  try {
    const { values, positionals } = parseArgs({
      options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
      allowPositionals: true,
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    return { quick: values.quick, chosen: chooseRows(positionals, values.quick) }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

function chooseRows(numbers: string[], quickly: boolean): AnyRow[] {
  const possible = rows.filter((row) => row.quick || !quickly)
  if (numbers.length === 0) return possible
  return numbers.map((text) => {
    const row = possible.find(({ number }) => `${number}` === text)
    if (row === undefined) throw new Error(`There is no row ${text}${quickly ? ' with --quick' : ''}.`)
    return row
  })
}

/** The numbers of all rows but these. */
function others(numbers: number[]): number[] {
  return rows.map(({ number }) => number).filter((number) => !numbers.includes(number))
}

async function runLane(lane: number[]): Promise<void> {
  for (const row of chosen.filter(({ number }) => lane.includes(number))) {
    console.error(`${row.number} ${row.fault} …`)
    const scored = await runRow(row)
    done.push(scored)
    console.error(`${scorecard([scored]).split('\n').slice(1).join('\n')}\n    (${scored.seconds} s)`)
  }
}

async function runRow(row: AnyRow): Promise<Scored> {
  const rowBegun = performance.now()
  const seconds = () => Math.round((performance.now() - rowBegun) / 1000)
  try {
    return { row, finding: await row.run(quick), trouble: null, seconds: seconds() }
  } catch (error) {
    const trouble = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { row, finding: null, trouble, seconds: seconds() }
  }
}
