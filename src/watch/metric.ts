/** One metric, as Prometheus understands it: in base units, and a counter never falls. */
export interface Metric {
  type: 'counter' | 'gauge'
  name: string
  help: string
  samples: Sample[]
}

export interface Sample {
  labels: Record<string, string>
  value: number
}

/** A metric that only grows; its name ends with `_total`. One value, or one for each value of a label (`by`). */
export function counter(name: string, help: string, value: number | Sample[]): Metric {
  return { type: 'counter', name, help, samples: samplesOf(value) }
}

/** A metric that goes up and down. */
export function gauge(name: string, help: string, value: number | Sample[]): Metric {
  return { type: 'gauge', name, help, samples: samplesOf(value) }
}

/** Samples that differ in one label. */
export function by(label: string, values: Record<string, number>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }))
}

function samplesOf(value: number | Sample[]): Sample[] {
  return typeof value === 'number' ? [{ labels: {}, value }] : value
}
