import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure, root, run } from './run.mjs'

const wanted = join(root, 'package-lock.json')
// npm writes down here what it has installed.
const installed = join(root, 'node_modules', '.package-lock.json')
const stamp = join(root, 'node_modules', '.gemherald-installed')

/**
 * True when node_modules holds what package-lock.json asks for, whoever installed it, and the native part of
 * better-sqlite3 loads in this Node.js. Development dependencies count only with `dev`.
 */
export function dependenciesFit({ dev }) {
  if (!existsSync(installed)) return false
  return isStamped() || (hasAllPackages(dev) && nativePartError() === undefined)
}

/** Installs exactly what package-lock.json says, development dependencies too. Rejects when that fails. */
export async function install() {
  const reason = existsSync(installed) ? 'they, or Node.js, have changed' : 'first start only'
  console.error(`Installing dependencies (${reason})…`)
  const code = await npm(['ci', '--include=dev', '--no-audit', '--no-fund'])
  if (code !== 0) throw failure(`npm ci failed with exit code ${code}: see its messages above.`)
  const error = nativePartError()
  if (error) throw failure(`${error}\n${nativePartHint}`)
  writeFileSync(stamp, hashOfInstallation())
}

// After an `install` here that succeeded, and as long as nothing has changed since, there is nothing to compare.
function isStamped() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfInstallation()
}

function hashOfInstallation() {
  const hash = createHash('sha256').update(readFileSync(wanted)).update(readFileSync(installed))
  return hash.update(`${process.versions.modules} ${process.platform} ${process.arch}`).digest('hex')
}

function hasAllPackages(dev) {
  const present = packagesOf(installed)
  return Object.entries(packagesOf(wanted)).every(([path, { version, ...flags }]) => {
    if (path === '' || (!dev && (flags.dev || flags.devOptional))) return true
    return path in present ? present[path].version === version : mayBeAbsent(flags)
  })
}

// npm leaves out optional packages that do not suit this machine.
function mayBeAbsent({ optional, devOptional }) {
  return Boolean(optional || devOptional)
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

// Why the one native package does not load, or undefined. Tried in a process of its own: one that failed to load
// it once may not load the version that replaces it either.
function nativePartError() {
  const args = ['-e', "require('./node_modules/better-sqlite3/build/Release/better_sqlite3.node')"]
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return status === 0 ? undefined : stderr.trim()
}

const nativePartHint =
  'better-sqlite3 was installed, but its native part does not load: see above. ' +
  'If npm is told to ignore install scripts, run: npm rebuild better-sqlite3 --ignore-scripts=false'

async function npm(args) {
  try {
    return await run('npm', args)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    throw failure('Dependencies must be installed, but there is no npm on PATH: it comes with Node.js.')
  }
}
