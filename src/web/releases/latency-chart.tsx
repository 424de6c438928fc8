import type { LatencyOfDay } from '../../ledger/latencies.js'
import { durationText } from '../release/duration-text.js'
import { Chart, chartHeight, chartWidth } from './chart.js'
import { dayText } from './days.js'

interface LatencyChartProps {
  days: readonly number[]
  /** Oldest first; days without any left out. */
  latencies: readonly LatencyOfDay[]
}

/** How long it took each day until a team was told: the middle one of all deliveries, and the slow ones. */
export function LatencyChart({ days, latencies }: LatencyChartProps) {
  const yOf = scaleFor(latencies)
  const runs = runsOf(latencies)
  return (
    <Chart
      id="chart-latency"
      title="From receipt to delivery"
      summary={summaryOf(latencies)}
      days={days}
      legend={[
        { name: 'p50', swatch: 'chart-p50-swatch' },
        { name: 'p95', swatch: 'chart-p95-swatch' },
      ]}
      table={{
        head: ['Day (UTC)', 'Deliveries', 'p50', 'p95'],
        rows: latencies.map(({ day, count, p50, p95 }) => [
          dayText(day),
          count,
          durationText(p50),
          durationText(p95),
        ]),
      }}
    >
      {percentiles.flatMap((percentile) =>
        runs.map((run) => (
          <path
            key={`${percentile} ${run[0]?.day}`}
            class={run.length === 1 ? `chart-${percentile} chart-dot` : `chart-${percentile}`}
            d={pathOf(run.map((latency) => [xOf(latency.day, days), yOf(latency[percentile])]))}
            vector-effect="non-scaling-stroke"
          />
        )),
      )}
    </Chart>
  )
}

const percentiles = ['p95', 'p50'] as const
const edge = 4

/** Days that follow one another: where one is missing the line ends. */
function runsOf(latencies: readonly LatencyOfDay[]): LatencyOfDay[][] {
  const runs: LatencyOfDay[][] = []
  for (const latency of latencies) {
    const run = runs.at(-1)
    if (run?.at(-1)?.day === latency.day - 1) run.push(latency)
    else runs.push([latency])
  }
  return runs
}

/** Where a time stands: each tenfold is as high as the one before, since they reach from milliseconds to hours. */
function scaleFor(latencies: readonly LatencyOfDay[]): (ms: number) => number {
  const levels = latencies.flatMap(({ p50, p95 }) => [levelOf(p50), levelOf(p95)])
  const [lowest, highest] = [Math.min(...levels), Math.max(...levels)]
  const room = chartHeight - 2 * edge
  return (ms) => chartHeight - edge - (room * (levelOf(ms) - lowest)) / (highest - lowest || 1)
}

function levelOf(ms: number): number {
  return Math.log10(Math.max(ms, 1))
}

function xOf(day: number, days: readonly number[]): number {
  return ((day - (days[0] ?? 0) + 0.5) / days.length) * chartWidth
}

/** A day by itself becomes a line of no length, which round ends make a dot as wide as the line is thick. */
function pathOf(points: readonly [number, number][]): string {
  const [start, ...rest] = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`)
  return `M${start} L${[start, ...rest].join(' L')}`
}

function summaryOf(latencies: readonly LatencyOfDay[]): string {
  const last = latencies.at(-1)
  if (last === undefined) return 'Nothing was delivered in these days.'
  const { day, p50, p95 } = last
  return `${dayText(day)}: half of the deliveries within ${durationText(p50)}, 95 % within ${durationText(p95)}.`
}
