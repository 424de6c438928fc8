import type { Logger } from 'pino'

/** Says once that Redis is out of reach, and once that it is back, however often it is tried in between. */
export interface RedisReport {
  broken(error: unknown): void
  mended(): void
}

/** `consequence` says what that means here: `deliveries wait in the ledger`. */
export function reportRedis(log: Logger, consequence: string): RedisReport {
  let said = false
  return {
    broken(error) {
      if (!said) log.error({ err: error }, `Redis is out of reach; ${consequence} until it is back`)
      said = true
    },
    mended() {
      if (said) log.info('Redis is back')
      said = false
    },
  }
}
