import type { Config } from '../config.js'
import { ok, type Result } from '../error.js'
import type { Ledger } from '../ledger/ledger.js'
import { findLedger } from './beside-ledger.js'

/** A ledger, and the secret that its keys are sealed with. */
export interface KeyLedger {
  ledger: Ledger
  secret: string
}

/**
 * The ledger in DATA_DIR, whether a server works on it or not, with its secret. Before the first start it makes both; once
 * there are keys there is a secret, and none is made up. Fails too when the secret cannot be read.
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
    return withSecret(found.value, findSecret(configured, dataDir))
  if (found.ok) found.value.close()
  else if (found.problem.code !== 'not_found') return found
  // Only the holder of the lock may make up a secret.
  const made = openLedger(dataDir)
  return made.ok ? withSecret(made.value, ensureSecret(configured, dataDir, false)) : made
}

function withSecret(ledger: Ledger, secret: Result<string>): Result<KeyLedger> {
  if (secret.ok) return ok({ ledger, secret: secret.value })
  ledger.close()
  return secret
}
