import { Chart, chartHeight, chartWidth } from './chart.js'
import { dayText } from './days.js'

interface DayOfReleases {
  day: number
  pushed: number
  yanked: number
}

interface ReleasesChartProps {
  days: readonly number[]
  /** Days without any may be left out. */
  counts: readonly DayOfReleases[]
}

const gap = 0.2

/** How many releases there were each day: bars of the pushed ones, the yanked ones on top. */
export function ReleasesChart({ days, counts }: ReleasesChartProps) {
  const byDay = new Map(counts.map((count) => [count.day, count]))
  const filled = days.map((day) => byDay.get(day) ?? { day, pushed: 0, yanked: 0 })
  const most = Math.max(1, ...filled.map(sumOf))
  return (
    <Chart
      id="chart-releases"
      title="Releases a day"
      summary={summaryOf(filled)}
      days={days}
      legend={[
        { name: 'pushed', swatch: 'chart-pushed' },
        { name: 'yanked', swatch: 'chart-yanked' },
      ]}
      table={{
        head: ['Day (UTC)', 'Pushed', 'Yanked'],
        rows: filled.map(({ day, pushed, yanked }) => [dayText(day), pushed, yanked]),
      }}
    >
      {filled.map((count, i) => (
        <Bar key={count.day} count={count} at={i / filled.length} share={1 / filled.length} most={most} />
      ))}
    </Chart>
  )
}

interface BarProps {
  count: DayOfReleases
  /** Where it begins and how much of the width is its, gap included. */
  at: number
  share: number
  most: number
}

function Bar({ count, at, share, most }: BarProps) {
  const x = round((at + (share * gap) / 2) * chartWidth)
  const width = round(share * (1 - gap) * chartWidth)
  const pushed = round((count.pushed / most) * chartHeight)
  const yanked = round((count.yanked / most) * chartHeight)
  return (
    <g>
      <title>{`${dayText(count.day)}: ${count.pushed} pushed, ${count.yanked} yanked`}</title>
      <rect class="chart-pushed" x={x} y={round(chartHeight - pushed)} width={width} height={pushed} />
      <rect
        class="chart-yanked"
        x={x}
        y={round(chartHeight - pushed - yanked)}
        width={width}
        height={yanked}
      />
    </g>
  )
}

function summaryOf(filled: readonly DayOfReleases[]): string {
  const pushed = filled.reduce((sum, day) => sum + day.pushed, 0)
  const yanked = filled.reduce((sum, day) => sum + day.yanked, 0)
  const busiest = filled.reduce((most, day) => (sumOf(day) > sumOf(most) ? day : most))
  const sums = `${pushed.toLocaleString('en')} pushed and ${yanked.toLocaleString('en')} yanked in ${filled.length} days.`
  const peak = sumOf(busiest)
  return peak === 0 ? sums : `${sums} Most on ${dayText(busiest.day)}: ${peak.toLocaleString('en')}.`
}

function sumOf({ pushed, yanked }: DayOfReleases): number {
  return pushed + yanked
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
