import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fail, ok, type Result } from './error.js'

const stillMs = 120_000

/**
 * Listens, and hangs up on whoever lets nothing move for two minutes; the port, or `unavailable` and what to do when the
 * address cannot be had.
 */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<Result<number>> {
  // The limits for requests end with the request: without this one, who never reads an answer could stay for ever.
  server.timeout = stillMs
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = listenTrouble[error.code ?? '']
      if (reason === undefined) reject(error)
      else resolve(fail('unavailable', `Cannot listen on ${host}:${port}: ${reason}`))
    })
    server.listen(port, host, () => resolve(ok((server.address() as AddressInfo).port)))
  })
}

const listenTrouble: Record<string, string> = {
  EADDRINUSE: 'another program has that port. Stop it, or set PORT.',
  EACCES: 'this user may not use that port. Set PORT to 1024 or more.',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOST.',
  ENOTFOUND: 'there is no such host name. Set HOST.',
}

const answerGraceMs = 2_000

/** Lets requests under way be answered, then hangs up. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const hangUp = setTimeout(() => server.closeAllConnections(), answerGraceMs)
  await closed
  clearTimeout(hangUp)
}
