import type { Config } from '../config.js'
import { fail, type Result } from '../error.js'
import type { Ledger } from '../ledger/ledger.js'

/** Opens the ledger in DATA_DIR, whether a server works on it or not. Fails like `openLedgerBeside`. */
export async function findLedger({ dataDir }: Pick<Config, 'dataDir'>): Promise<Result<Ledger>> {
  const { openLedgerBeside } = await import('../ledger/ledger.js')
  return openLedgerBeside(dataDir)
}

/** Works with the ledger and closes it. Fails too, with `unavailable`, when it cannot be written now. */
export async function closeAfter<T>(ledger: Ledger, work: () => Result<T>): Promise<Result<T>> {
  const { isStorageTrouble } = await import('../ledger/open.js')
  try {
    return work()
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    return fail('unavailable', `The ledger cannot be written now: ${error.message}.`)
  } finally {
    ledger.close()
  }
}
