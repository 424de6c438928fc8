import { execFile, execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../src/about.js'
import { createInstallation } from './installation.js'
import { integrityOf } from './integrity.js'

/** What became of servers that were started where they could not write. */
export interface UnwritableStarts {
  /** How writing was forbidden. */
  way: string
  starts: number
  /** How many ended by themselves with an exit code that is not 0, and said which folder cannot be used and what to do. */
  explained: number
  /** What they said last. */
  said: string
  /** Afterwards, where it could be written again, everything was as before. */
  unbroken: boolean
}

const patienceMs = 30_000

/** Starts a server on an empty DATA_DIR and on one with a ledger, while neither may be written. */
export async function startUnwritable(): Promise<UnwritableStarts> {
  const installation = createInstallation()
  const { client, dataDir } = installation
  const said: string[] = []
  let way = ''
  const tryToStart = async () => {
    const forbidden = forbidWriting(dataDir)
    way = forbidden.way
    try {
      said.push(await outputOf([...forbidden.prefix, ...serve], installation.environment()))
    } finally {
      forbidden.allow()
    }
  }
  try {
    await tryToStart()
    const first = await installation.server()
    await client.post()
    await first.end('SIGTERM')
    await tryToStart()
    const intact = integrityOf(dataDir)
    await installation.server()
    await client.post()
    return {
      way,
      starts: said.length,
      explained: said.filter((text) => explains.test(text)).length,
      said: said.at(-1)?.trim() ?? '',
      unbroken: intact === 'ok' && new Set(client.accepted.values()).size === 2,
    }
  } finally {
    await installation.end()
  }
}

const serve = [process.execPath, join(packageRoot, 'bin/gemherald'), 'serve']
const explains = /^gemherald: DATA_DIR \S+ cannot be used: .+\. Let this user write/m

interface Forbidden {
  way: string
  /** What a command must begin with. */
  prefix: string[]
  allow(): void
}

/** File modes bind everybody but root. Root gets a read-only mount, or gives up what makes it an exception. */
function forbidWriting(folder: string): Forbidden {
  if (process.getuid?.() === 0 && mountReadOnly(folder))
    return { way: 'read-only mount', prefix: [], allow: () => run('umount', '-l', folder) }
  chmodSync(folder, 0o500)
  const allow = () => chmodSync(folder, 0o700)
  if (process.getuid?.() !== 0) return { way: 'modes', prefix: [], allow }
  return { way: 'modes, without CAP_DAC_OVERRIDE', prefix: ['setpriv', ...asOthers], allow }
}

const asOthers = ['--bounding-set', '-dac_override,-dac_read_search']

/** False without the right to mount. */
function mountReadOnly(folder: string): boolean {
  try {
    run('mount', '--bind', folder, folder)
  } catch {
    return false
  }
  run('mount', '-o', 'remount,bind,ro', folder)
  return true
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}

/** What a command printed that ended with an exit code; empty when it ended well, or not by itself. */
function outputOf([file = '', ...args]: string[], variables: Record<string, string>): Promise<string> {
  // Should it serve after all, it asks nobody anything.
  const env = { PATH: process.env.PATH, RUBYGEMS_HOST: 'http://127.0.0.1:1025', ...variables }
  return new Promise((resolve) =>
    execFile(file, args, { env, timeout: patienceMs, killSignal: 'SIGKILL' }, (error, out, err) =>
      resolve(typeof error?.code === 'number' ? out + err : ''),
    ),
  )
}
