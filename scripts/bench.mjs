// `npm run bench`: compiles bench/ into dist/bench/ and runs it. Arguments go to bench/main.ts.
import { nodeIsTooOld } from './node-version.mjs'

if (!nodeIsTooOld) bench()

async function bench() {
  const { exitWith } = await import('./run.mjs')
  process.exitCode = await compileAndRun(process.argv.slice(2)).catch(exitWith)
}

async function compileAndRun(args) {
  const { prepare } = await import('./prepare.mjs')
  const { failure, runNode } = await import('./run.mjs')
  const { ensureRedisServer } = await import('./system-command.mjs')
  await prepare({ dev: true })
  const noRedis = await ensureRedisServer()
  if (noRedis) throw failure(`${noRedis}. The benchmarks over Redis need it.`)
  const code = await runNode(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json'])
  if (code !== 0) throw failure('The benchmarks do not compile: see the messages above.')
  return runNode(['--expose-gc', 'dist/bench/bench/main.js', ...args])
}
