import { counter, gauge, type Metric } from './metric.js'

/**
 * What this process uses, under the names that Prometheus' clients agree on. Read when asked: prom-client's own default
 * metrics measure the event loop a hundred times a second, and cannot be stopped.
 */
export function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    counter('process_cpu_seconds_total', 'CPU time spent, in seconds.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory, in bytes.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Used heap of JavaScript, in bytes.', heapUsed),
    gauge(
      'process_start_time_seconds',
      'Time when the process started, in seconds since the epoch.',
      Math.round(performance.timeOrigin / 1_000),
    ),
  ]
}
