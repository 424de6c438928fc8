import type { Command } from 'commander'
import { failWith } from './fail.js'
import { greeting } from './greeting.js'
import { onStopSignal } from './stop-signal.js'

/** `gemherald serve`: the receiver, the API, the dispatcher, and by default the attempts too. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the server; settings come from the environment')
    .option('--no-worker', 'with REDIS_URL: leave all attempts to workers elsewhere')
    .addHelpText('after', examples)
    .action(serve)
}

const examples = `
Examples:
  $ RUBYGEMS_API_KEYS=rubygems_… gemherald serve
  $ REDIS_URL=redis://127.0.0.1:6379 gemherald serve --no-worker`

async function serve({ worker }: { worker: boolean }): Promise<void> {
  // Loaded here, so that --help and --version of any command need not wait for it.
  const { readConfig } = await import('../config.js')
  const config = readConfig(process.env)
  if (!config.ok) return failWith(config.problem)
  if (!worker && config.value.redisUrl === null)
    return failWith({
      code: 'invalid',
      message: '--no-worker needs REDIS_URL: without Redis only the server can make attempts.',
    })
  if (config.value.upstreamSync === 'auto' && config.value.rubygemsApiKey === null)
    return failWith({
      code: 'invalid',
      message: 'UPSTREAM_SYNC=auto needs RUBYGEMS_API_KEY, a key that may manage web hooks.',
    })
  const [{ startServer }, { createLog }] = await Promise.all([import('../server.js'), import('./log.js')])
  const log = createLog(config.value.logLevel)
  const server = await startServer({ config: config.value, log, worker })
  if (!server.ok) return failWith(server.problem)
  onStopSignal(log, server.value.stop)
  // A key that could not be shown is shown by the next start.
  const text = greeting(config.value, server.value, { worker, isTerminal: process.stdout.isTTY })
  process.stdout.write(`${text}\n`, (error) => {
    if (!error) server.value.newApiKey?.shown()
  })
}
