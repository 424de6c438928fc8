/** What Prometheus makes of a scrape: values by series, such as `events{source="both"}`, and types by metric. */
export interface Scrape {
  values: Map<string, number>
  types: Map<string, string>
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const comment = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`)
const sample = new RegExp(`^(${name})(\\{${label}(?:,${label})*\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)$`)

/**
 * Reads Prometheus' text format, version 0.0.4, more strictly than Prometheus does: every sample belongs to the metric
 * whose HELP and TYPE stand right above it, no series and no metric comes twice, and no line is anything else.
 */
export function parseExposition(text: string): Scrape {
  if (!text.endsWith('\n')) throw new Error('The last line does not end.')
  const values = new Map<string, number>()
  const types = new Map<string, string>()
  let helped = ''
  let typed = ''
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    const [, keyword, metric = '', rest = ''] = comment.exec(line) ?? []
    if (keyword === 'HELP') {
      if (types.has(metric)) throw new Error(`The metric ${metric} comes twice.`)
      helped = metric
    } else if (keyword === 'TYPE') {
      if (metric !== helped || !/^(counter|gauge)$/.test(rest)) throw new Error(`Out of place: ${line}`)
      if ((rest === 'counter') !== metric.endsWith('_total'))
        throw new Error(`Not named for its type: ${line}`)
      typed = metric
      types.set(metric, rest)
    } else {
      const [, metricOfSample, labels = '', value] = sample.exec(line) ?? []
      if (metricOfSample === undefined) throw new Error(`Not a line of the format: ${line}`)
      if (metricOfSample !== typed) throw new Error(`Without HELP and TYPE: ${line}`)
      if (values.has(metricOfSample + labels)) throw new Error(`The series comes twice: ${line}`)
      values.set(metricOfSample + labels, Number(value))
    }
  }
  return { values, types }
}
