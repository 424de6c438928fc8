import type { Logger } from 'pino'

/** Knows what is wrong with Redis, and says it once, however often it is tried. */
export interface RedisReport {
  /** Something failed: out of reach, a wrong password, full, read-only. */
  broken(error: unknown): void
  /** It works. */
  mended(): void
  /** What is wrong now, or null. Never holds a password. */
  trouble(): string | null
}

/** `consequence` says what that means here: `deliveries wait in the ledger`. */
export function reportRedis(log: Logger, consequence: string): RedisReport {
  let trouble: string | null = null
  return {
    broken(error) {
      const reason = reasonOf(error)
      // Only the reason: the error itself quotes the command, and that may be AUTH with the password.
      if (trouble === null) log.error({ reason }, `Redis does not work; ${consequence} until it does`)
      trouble = reason
    },
    mended() {
      if (trouble !== null) log.info('Redis works again')
      trouble = null
    },
    trouble: () => trouble,
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code
  return error.message === '' ? (code ?? error.name) : withoutArguments(error.message)
}

/** A Redis that does not know AUTH or HELLO, an old one or one that is not Redis, repeats the password. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with:.*$/s, '')
}
