import { type Level, type Logger, pino } from 'pino'

/** JSON lines on stderr. A reader of the log, or of stdout, that goes away does not take the process with it. */
export function createLog(level: Level | 'silent'): Logger {
  // There is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  // Not pino's own destination: that tries again for ever to write what nobody reads, and the process cannot end.
  return pino({ level }, process.stderr)
}
