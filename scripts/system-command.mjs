import { spawnSync } from 'node:child_process'
import { withLock } from './lock.mjs'
import { run } from './run.mjs'

/**
 * Sees to it that there is a redis-server on PATH, where it can. Resolves with undefined when there is one, else
 * with the reason why not.
 */
export function ensureRedisServer() {
  return ensureCommand('redis-server')
}

/** The same for strace, which shows the system calls of a server. */
export function ensureStrace() {
  return ensureCommand('strace')
}

/** The same for chromium, with a font to draw its pages with. */
export function ensureChromium() {
  return ensureCommand('chromium', ['fonts-liberation'])
}

/** Debian and Ubuntu call the package as the command is called. */
async function ensureCommand(command, others = []) {
  if (isOnPath(command)) return undefined
  if (!isOnPath('apt-get')) return `There is no ${command} on PATH, and no apt-get to install it with`
  if (process.getuid() !== 0)
    return `There is no ${command} on PATH, and only root can install it with apt-get`
  const installed = await withLock(async () => isOnPath(command) || installWithApt(command, others))
  return installed ? undefined : `There is no ${command} on PATH, and apt-get could not install it`
}

async function installWithApt(command, others) {
  console.error(`Installing ${command}…`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const steps = [['update'], ['install', '-y', '--no-install-recommends', command, ...others]]
  for (const step of steps) if ((await run('apt-get', step, env)) !== 0) return false
  await stopService(command)
  return isOnPath(command)
}

// A package may have started a server on the default port. The tests start their own, on ports of their own.
async function stopService(command) {
  if (command === 'redis-server' && isOnPath('service')) await run('service', [command, 'stop'])
}

function isOnPath(command) {
  return spawnSync(command, ['--version']).error === undefined
}
