// `npm run chaos`: compiles chaos/ into dist/chaos/ and runs it. Arguments go to chaos/main.ts.
import { nodeIsTooOld } from './node-version.mjs'

if (!nodeIsTooOld) chaos()

async function chaos() {
  const { exitWith } = await import('./run.mjs')
  process.exitCode = await compileAndRun(process.argv.slice(2)).catch(exitWith)
}

async function compileAndRun(args) {
  const { prepare } = await import('./prepare.mjs')
  const { failure, runNode } = await import('./run.mjs')
  const { ensureRedisServer, ensureStrace } = await import('./system-command.mjs')
  await prepare({ dev: true })
  const noRedis = await ensureRedisServer()
  if (noRedis) console.error(`${noRedis}. The rows over Redis will fail.`)
  const noStrace = await ensureStrace()
  if (noStrace) console.error(`${noStrace}. The row about system calls will fail.`)
  const code = await runNode(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.chaos.json'])
  if (code !== 0) throw failure('The fault suite does not compile: see the messages above.')
  return runNode(['dist/chaos/chaos/main.js', ...args])
}
