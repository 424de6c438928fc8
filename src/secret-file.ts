import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from './error.js'

/** The installation's secret: the configured one, else DATA_DIR/secret, made (mode 0600) when it is missing. */
export function ensureSecret(configured: string | null, dataDir: string): string {
  if (configured !== null) return configured
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    // 'wx' fails when the file exists: of two servers that start at once, both end up with the same secret.
    writeFileSync(join(dataDir, 'secret'), `${randomBytes(32).toString('hex')}\n`, {
      mode: 0o600,
      flag: 'wx',
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
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
