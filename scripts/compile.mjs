import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure, root, runNode } from './run.mjs'

const dist = join(root, 'dist')
const stamp = join(dist, '.built-from')
// Beside dist and not in it: tsc writes relative paths into the source maps.
const next = join(root, '.prepare-next')
const previous = join(root, '.prepare-previous')

/** True when dist/ was built, to the end, from the sources as they are now. */
export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfSources()
}

/** Compiles src/ and workers/ into dist/. Rejects when they do not compile; dist/ then stays as it was. */
export async function build() {
  console.error('Building…')
  removeLeftovers()
  const hash = hashOfSources()
  try {
    await compile()
    writeFileSync(join(next, '.built-from'), hash)
    if (existsSync(dist)) renameSync(dist, previous)
    renameSync(next, dist)
  } finally {
    removeLeftovers()
  }
}

async function compile() {
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc')
  const code = await runNode([tsc, '-p', 'tsconfig.build.json', '--outDir', next])
  if (code !== 0) throw failure('The sources do not compile: see the messages above.')
}

function removeLeftovers() {
  for (const folder of [next, previous]) rmSync(folder, { recursive: true, force: true })
}

function hashOfSources() {
  const hash = createHash('sha256')
  for (const file of sourceFiles())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.update(version()).digest('hex')
}

function sourceFiles() {
  const configs = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name))
  const sources = ['src', 'workers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  )
  return [...configs, ...sources].sort()
}

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}
