import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from './error.js'

/**
 * The installation's secret: the configured one, else DATA_DIR/secret. When that is missing it is made (mode 0600), only for
 * the holder of the ledger's lock, and only where nothing was sealed with another before (`inUse`): else `not_found`.
 */
export function ensureSecret(configured: string | null, dataDir: string, inUse: boolean): Result<string> {
  if (configured !== null) return ok(configured)
  if (inUse && !existsSync(join(dataDir, 'secret')))
    return fail(
      'not_found',
      `DATA_DIR ${dataDir} has a ledger but no secret file: put its secret file back, or set GEMHERALD_SECRET to what it was.`,
    )
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
    return readSecretFile(dataDir)
  } catch (error) {
    return fail(
      'not_found',
      `GEMHERALD_SECRET is not set and DATA_DIR has no secret to read (${(error as Error).message}): workers and commands need the server's secret.`,
    )
  }
}

function readSecretFile(dataDir: string): Result<string> {
  const file = join(dataDir, 'secret')
  const secret = readFileSync(file, 'utf8').trim()
  if (secret !== '') return ok(secret)
  return fail('unavailable', `${file} is empty: put the installation's secret back, or set GEMHERALD_SECRET.`)
}
