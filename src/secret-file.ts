import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from './error.js'

/** The installation's secret: the configured one, else DATA_DIR/secret, made (mode 0600) when it is missing: only for the holder of the ledger's lock. */
export function ensureSecret(configured: string | null, dataDir: string): string {
  if (configured !== null) return configured
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'secret')
  if (!existsSync(file)) {
    // A worker may look for it at this very moment: it finds all of it, or nothing.
    writeFileSync(`${file}.new`, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return readSecretFile(dataDir)
}

/** The installation's secret for a worker, which cannot make one up. Fails with `not_found` and says what to set. */
export function findSecret(configured: string | null, dataDir: string): Result<string> {
  if (configured !== null) return ok(configured)
  try {
    return ok(readSecretFile(dataDir))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return fail(
      'not_found',
      `GEMHERALD_SECRET is not set and there is no ${join(dataDir, 'secret')}: a worker needs the server's secret.`,
    )
  }
}

function readSecretFile(dataDir: string): string {
  const secret = readFileSync(join(dataDir, 'secret'), 'utf8').trim()
  if (secret === '')
    throw new Error(
      `${join(dataDir, 'secret')} is empty: put the installation's secret back, or set GEMHERALD_SECRET.`,
    )
  return secret
}
