import type { Response } from 'express'
import type { Logger } from 'pino'

/** Aborts when nobody waits for an answer any more. */
export function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  return gone.signal
}

/** Does the work of an answer, which may end early once the client has gone. Throws what goes wrong before that. */
export async function whileThere(gone: AbortSignal, log: Logger, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!gone.aborted) throw error
    if (error === gone.reason || isPrematureClose(error))
      log.debug('a client of the read API went away before it had its answer')
    else log.warn({ err: error }, 'an answer of the read API failed, and its client is gone')
  }
}

function isPrematureClose(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
