import { join } from 'node:path'
import { prepare } from './prepare.mjs'
import { failure, root, runNode } from './run.mjs'
import { ensureChromium, ensureRedisServer, ensureStrace } from './system-command.mjs'

/**
 * Checks types and style, then runs the tests that `args` (vitest's own) choose, or all. Resolves with the exit
 * code, after the last lines have said 'N passed, N failed' and, where tests were left out for want of a system
 * package, why. Rejects when the checks before the tests fail.
 */
export async function check(args) {
  await prepare({ dev: true })
  await step('Types', ['typescript/bin/tsc', '-p', 'tsconfig.json'])
  await step('Style', ['@biomejs/biome/bin/biome', 'check'])
  const noRedis = await ensureRedisServer()
  const noChromium = await ensureChromium()
  const missing = noRedis ?? noChromium
  if (missing && process.env.CI) throw failure(`${missing}. With CI set, no test may be left out.`)
  const noStrace = await ensureStrace()
  const code = await runTests(args, {
    ...(noRedis && { GEMHERALD_TEST_REDIS: 'off' }),
    ...(noChromium && { GEMHERALD_TEST_BROWSER: 'off' }),
  })
  if (noRedis) console.log(`Left out: the tests that need Redis. ${noRedis}.`)
  if (noChromium) console.log(`Left out: the tests in a browser. ${noChromium}.`)
  if (noStrace) console.log(`Left out: the test that watches system calls. ${noStrace}.`)
  return code
}

async function step(name, [file, ...args]) {
  console.error(`${name}…`)
  const code = await runNode([join('node_modules', file), ...args])
  if (code !== 0) throw failure(`${name}: failed, see the messages above. No test was run.`)
}

function runTests(args, env) {
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'totals-reporter.mjs')}`]
  return runNode([join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...args], env)
}
