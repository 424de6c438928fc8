import type { Config } from '../config.js'
import { fail, ok, type Result } from '../error.js'
import type { Ledger } from '../ledger/ledger.js'

/** A ledger, and the secret that its keys are sealed with. */
export interface KeyLedger {
  ledger: Ledger
  secret: string
}

/** Opens the ledger in DATA_DIR, whether a server works on it or not. Fails like `openLedgerBeside`. */
export async function findLedger({ dataDir }: Pick<Config, 'dataDir'>): Promise<Result<Ledger>> {
  const { openLedgerBeside } = await import('../ledger/ledger.js')
  return openLedgerBeside(dataDir)
}

/**
 * The same with its secret. Before the first start it makes both; once there are keys there is a secret, and none is made
 * up. Fails too when the secret cannot be read.
 */
export async function findOrMakeLedger(
  config: Pick<Config, 'dataDir' | 'secret'>,
): Promise<Result<KeyLedger>> {
  const { dataDir, secret: configured } = config
  const [{ openLedger }, { ensureSecret, findSecret }] = await Promise.all([
    import('../ledger/ledger.js'),
    import('../secret-file.js'),
  ])
  const found = await findLedger(config)
  if (found.ok && found.value.accounts.keys().length > 0)
    return withSecret(found.value, withoutWorker(findSecret(configured, dataDir), dataDir))
  if (found.ok) found.value.close()
  else if (found.problem.code !== 'not_found') return found
  // Only the holder of the lock may make up a secret.
  const made = openLedger(dataDir)
  return made.ok ? withSecret(made.value, ensureSecret(configured, dataDir, false)) : made
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

function withSecret(ledger: Ledger, secret: Result<string>): Result<KeyLedger> {
  if (secret.ok) return ok({ ledger, secret: secret.value })
  ledger.close()
  return secret
}

/** `findSecret` tells its story for workers. */
function withoutWorker(secret: Result<string>, dataDir: string): Result<string> {
  if (secret.ok || secret.problem.code !== 'not_found') return secret
  return fail(
    'not_found',
    `GEMHERALD_SECRET is not set and there is no secret to read in ${dataDir}: keys are sealed with the server’s secret.`,
  )
}
