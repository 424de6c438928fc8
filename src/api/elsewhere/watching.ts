import { json, type OtherRoute, openRead, plain, said } from './other-route.js'

/** How the server fares (src/web/health.ts, src/web/metrics.ts), and what its API is. */
export const watchingRoutes: readonly OtherRoute[] = [
  openRead('/healthz', 'checkHealth', 'Whether the process is alive', {}, { 200: said('It is.', json) }),
  openRead(
    '/readyz',
    'checkReadiness',
    'Whether events can be kept and messages sent',
    {},
    { 200: said('They can.', json), 503: said('They cannot: what is not ready.', json) },
  ),
  openRead(
    '/metrics',
    'readMetrics',
    "Counts and times in Prometheus' format",
    {},
    { 200: said('All metrics.', plain), 503: said('The ledger cannot be read.', plain) },
  ),
  openRead('/api/openapi.json', 'describe', 'This description', {}, { 200: said('OpenAPI 3.1.', json) }),
]
