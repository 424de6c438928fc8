// `npm test`: everything that CI checks. Arguments go to vitest: `npm test -- test/receive`.
import { nodeIsTooOld } from './node-version.mjs'

if (!nodeIsTooOld) test()

async function test() {
  const { exitWith } = await import('./run.mjs')
  const { check } = await import('./check.mjs')
  process.exitCode = await check(process.argv.slice(2)).catch(exitWith)
}
