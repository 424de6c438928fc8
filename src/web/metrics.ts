import { Router } from 'express'
import type { Logger } from 'pino'
import type { Metric } from '../watch/metric.js'
import { metricsOf } from '../watch/metrics.js'
import type { Overview } from '../watch/overview.js'
import { processMetrics } from '../watch/process-metrics.js'

interface MetricsParts {
  /** Throws when the ledger cannot be read. */
  overview(): Overview
  log: Logger
}

/**
 * GET /metrics, in Prometheus' text format; 503 when the ledger cannot be read. Open to everybody, as /healthz is: it
 * holds counts and times, but no secret, URL, account or gem. Whoever wants it closed closes the path in the proxy.
 * Every number comes from the ledger at that moment, so counters survive a restart.
 */
export function metricsRouter({ overview, log }: MetricsParts): Router {
  const router = Router()
  router.get('/metrics', async (_request, response) => {
    response.set('Cache-Control', 'no-store')
    const metrics = readMetrics(overview, log)
    if (metrics === undefined)
      return response.status(503).type('text/plain').send('The ledger cannot be read: the log says why.\n')
    const { contentType, text } = await expose([...metrics, ...processMetrics()])
    return response.set('Content-Type', contentType).send(text)
  })
  return router
}

function readMetrics(overview: () => Overview, log: Logger): Metric[] | undefined {
  try {
    return metricsOf(overview())
  } catch (error) {
    log.error({ err: error }, 'metrics not shown: the ledger cannot be read; check the disk and DATA_DIR')
    return undefined
  }
}

/** A registry for each answer: nothing of one scrape is left for another that runs at the same time. */
async function expose(metrics: readonly Metric[]): Promise<{ contentType: string; text: string }> {
  // Loaded when first asked: most installations are never scraped, and it would slow every start.
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const { type, name, help, samples } of metrics) {
    const settings = { name, help, labelNames: labelsOf(samples), registers: [registry] }
    const metric = type === 'counter' ? new Counter(settings) : new Gauge(settings)
    for (const { labels, value } of samples) metric.inc(labels, value)
  }
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function labelsOf(samples: Metric['samples']): string[] {
  return Object.keys(samples[0]?.labels ?? {})
}
