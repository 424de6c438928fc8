import type { Logger } from 'pino'

const hardLimitMs = 29_000

/** Stops cleanly on SIGINT or SIGTERM and ends the process; a second signal, or 29 s, ends it at once. */
export function onStopSignal(log: Logger, stop: () => Promise<void>): void {
  let stopping = false
  const begin = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), hardLimitMs).unref()
    await stop()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGINT', begin)
  process.on('SIGTERM', begin)
}
