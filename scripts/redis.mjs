import { spawnSync } from 'node:child_process'
import { withLock } from './lock.mjs'
import { run } from './run.mjs'

/**
 * Sees to it that there is a redis-server on PATH, where it can. Resolves with undefined when there is one, else
 * with the reason why not.
 */
export async function ensureRedisServer() {
  if (isOnPath('redis-server')) return undefined
  if (!isOnPath('apt-get')) return 'There is no redis-server on PATH, and no apt-get to install it with'
  if (process.getuid() !== 0)
    return 'There is no redis-server on PATH, and only root can install it with apt-get'
  const installed = await withLock(async () => isOnPath('redis-server') || installWithApt())
  return installed ? undefined : 'There is no redis-server on PATH, and apt-get could not install it'
}

async function installWithApt() {
  console.error('Installing redis-server…')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const steps = [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]
  for (const step of steps) if ((await run('apt-get', step, env)) !== 0) return false
  await stopService()
  return isOnPath('redis-server')
}

// The package may have started a server on the default port. The tests start their own, on ports of their own.
async function stopService() {
  if (isOnPath('service')) await run('service', ['redis-server', 'stop'])
}

function isOnPath(command) {
  return spawnSync(command, ['--version']).error === undefined
}
