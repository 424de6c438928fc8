import type { Logger } from 'pino'

const hardLimitMs = 29_000
/** npm and the terminal both pass one Ctrl-C on: what comes within this time is the same signal again. */
const echoMs = 1_000

/** Stops cleanly on SIGINT or SIGTERM and ends the process; a further signal, or 29 s, ends it at once. */
export function onStopSignal(log: Logger, stop: () => Promise<void>): void {
  let begunAt: number | undefined
  const begin = async (signal: NodeJS.Signals) => {
    if (begunAt !== undefined) {
      if (performance.now() - begunAt > echoMs) process.exit(1)
      return
    }
    begunAt = performance.now()
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), hardLimitMs).unref()
    await stop()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGINT', begin)
  process.on('SIGTERM', begin)
}
