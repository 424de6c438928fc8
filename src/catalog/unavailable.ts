import type { Logger } from 'pino'
import { isStorageTrouble } from '../ledger/open.js'
import { type Answer, text } from './answer.js'

/** What `work` gives, or 503 with this text when the index cannot be brought up to date; then the log says why. */
export async function orUnavailable<T>(
  sorry: string,
  log: Logger,
  work: () => T | Promise<T>,
): Promise<T | Answer> {
  try {
    return await work()
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    log.error(
      { err: error },
      'gems not indexed: the ledger cannot be written; check disk space and permissions of DATA_DIR',
    )
    return text(503, sorry)
  }
}
