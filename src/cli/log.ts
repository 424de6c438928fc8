import { type Level, type Logger, pino } from 'pino'

/** JSON lines on stderr. A reader of the log, or of stdout, that goes away does not take the process with it. */
export function createLog(level: Level | 'silent'): Logger {
  // There is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  // Not pino's own destination: that tries again for ever to write what nobody reads, and the process cannot end.
  return pino({ level, serializers: { err: describe } }, process.stderr)
}

/**
 * What an error says, without all that libraries hang on it: a URL that could not be read, a command to Redis with its
 * password, a request's body.
 */
function describe(error: unknown): object {
  if (!(error instanceof Error))
    return { message: typeof error === 'string' ? error : 'thrown, and no error' }
  const { name: type, message, stack } = error
  const { code } = error as NodeJS.ErrnoException
  const { cause } = error
  return { type, message, stack, code, ...(cause instanceof Error && { cause: cause.stack }) }
}
