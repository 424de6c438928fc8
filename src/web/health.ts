import { Router } from 'express'
import type { TransportHealth } from '../transport/transport.js'

interface HealthParts {
  /** Deliveries that are still owed; throws when the ledger cannot be read. */
  countPending(): number
  transport(): Promise<TransportHealth>
  /** Why events cannot be stored, or null. It may try a small write. */
  storageTrouble(): string | null
  /** What else an operator should look at: sentences. None of it keeps the server from being ready. */
  warnings(): readonly string[]
}

/** GET /healthz: the process is alive. GET /readyz: what is not ready, and what an operator should look at. */
export function healthRouter({ countPending, transport, storageTrouble, warnings }: HealthParts): Router {
  const router = Router()
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' })
  })
  router.get('/readyz', async (_request, response) => {
    const carrying = await transport()
    const trouble = storageTrouble()
    const problems =
      trouble === null ? carrying.blocking : [`Events cannot be stored: ${trouble}.`, ...carrying.blocking]
    const ready = problems.length === 0
    response
      .set('Cache-Control', 'no-store')
      .status(ready ? 200 : 503)
      .json({
        status: ready ? 'ready' : 'not ready',
        problems,
        warnings: [...carrying.warnings, ...warnings()],
        pendingDeliveries: countPending(),
      })
  })
  return router
}
