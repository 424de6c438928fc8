import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from './error.js'

/**
 * The installation's secret: the configured one, else DATA_DIR/secret. When that is missing it is made (mode 0600), only for
 * the holder of the ledger's lock, and only where nothing was sealed with another before (`inUse`): else `not_found`.
 * `unavailable` when the file cannot be made or read.
 */
export function ensureSecret(configured: string | null, dataDir: string, inUse: boolean): Result<string> {
  if (configured !== null) return ok(configured)
  const file = join(dataDir, 'secret')
  if (inUse && !existsSync(file))
    return fail(
      'not_found',
      `DATA_DIR ${dataDir} has a ledger but no secret file: put its secret file back, or set GEMHERALD_SECRET to what it was.`,
    )
  try {
    if (existsSync(file)) closeToOthers(file)
    else makeSecretFile(dataDir, file)
    return readSecretFile(dataDir)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return fail(
      'unavailable',
      `${file} cannot be used: ${error.message}. Check what lies there, and whose it is.`,
    )
  }
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

/** A worker may look for it at this very moment: it finds all of it, or nothing. So does a start after a power failure. */
function makeSecretFile(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // One that is left there could be open to others.
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  sync(`${file}.new`)
  renameSync(`${file}.new`, file)
  sync(dataDir)
}

/** Waits until a file's bytes, or a folder's names, are on the disk. */
function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A file that is another user's, or that was mounted, is the operator's to close. */
function closeToOthers(file: string): void {
  const { mode, uid } = statSync(file)
  if ((mode & 0o077) === 0 || uid !== process.getuid?.()) return
  try {
    chmodSync(file, 0o600)
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EROFS') throw error
  }
}

function readSecretFile(dataDir: string): Result<string> {
  const file = join(dataDir, 'secret')
  const secret = readFileSync(file, 'utf8').trim()
  if (secret !== '') return ok(secret)
  return fail('unavailable', `${file} is empty: put the installation's secret back, or set GEMHERALD_SECRET.`)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
