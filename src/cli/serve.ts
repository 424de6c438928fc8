import type { Command } from 'commander'
import type { Config } from '../config.js'
import type { RunningServer } from '../server.js'
import { failWith } from './fail.js'
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
  const [{ readConfig }, { startServer }, { createLog }] = await Promise.all([
    import('../config.js'),
    import('../server.js'),
    import('./log.js'),
  ])
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
  const log = createLog(config.value.logLevel)
  const server = await startServer({ config: config.value, log, worker })
  if (!server.ok) return failWith(server.problem)
  onStopSignal(log, server.value.stop)
  // A key that could not be shown is shown by the next start.
  process.stdout.write(`${greeting(config.value, server.value, worker)}\n`, (error) => {
    if (!error) server.value.newApiKey?.shown()
  })
}

/** What a person sees after a start: where it is, what to register, and what is still missing. */
function greeting(config: Config, server: RunningServer, worker: boolean): string {
  const { host, port } = server.address
  const at = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const receiver = `${server.publicUrl}/webhooks/rubygems${config.receiverToken === null ? '' : `/${config.receiverToken}`}`
  return [
    `gemherald listens on ${at}`,
    `  receiver   ${receiver}   (${advice(config)})`,
    `  verifies   ${verifies(server.secrets)}`,
    `  upstream   ${config.rubygemsHost}   (${upstreamWorkOf(config)})`,
    `  transport  ${transportOf(config, worker)}`,
    `  email      ${config.missingMail === null ? 'ready' : `off: set ${config.missingMail}`}`,
    ...(server.newApiKey === null
      ? []
      : [`  API key    ${server.newApiKey.key}   (account default; shown only this once)`]),
  ].join('\n')
}

function advice({ publicUrl }: Config): string {
  if (publicUrl !== null) return 'register this URL on RubyGems.org'
  return 'to register a URL on RubyGems.org, set PUBLIC_URL to how the world reaches this server'
}

function verifies(secrets: number): string {
  if (secrets === 0) return 'nothing yet: every webhook is refused until RUBYGEMS_API_KEYS is set'
  return `webhooks with ${secrets} secret${secrets === 1 ? '' : 's'}`
}

function upstreamWorkOf({ confirm, reconcile, upstreamSync }: Config): string {
  return [
    confirm === 'off' ? 'claims are not confirmed' : `claims are confirmed: ${confirm}`,
    reconcile ? 'catches up' : 'does not catch up',
    upstreamSync === 'auto' ? 'keeps hooks in step' : 'hooks there: gemherald upstream sync',
  ].join('; ')
}

function transportOf({ redisUrl }: Config, worker: boolean): string {
  if (redisUrl === null) return 'in-process'
  return worker
    ? 'BullMQ over Redis, with a worker in this process'
    : 'BullMQ over Redis, with workers elsewhere'
}
