import { type Command, InvalidArgumentError, Option } from 'commander'
import { type CarriedChannel, carriedChannels } from '../endpoint.js'
import { failWith } from './fail.js'
import { onStopSignal } from './stop-signal.js'

interface Options {
  channels: CarriedChannel[]
  concurrency: number
}

/** `gemherald worker`: makes attempts that a server hands out over Redis. Needs no database. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description(
      'make attempts that a server hands out over Redis; needs REDIS_URL and the server’s GEMHERALD_SECRET',
    )
    .addOption(
      new Option('--channels <list>', `channels to serve, comma-separated: ${carriedChannels.join(', ')}`)
        .argParser(parseChannels)
        .default([...carriedChannels], 'all'),
    )
    .option('--concurrency <n>', 'attempts at a time for each channel', parseConcurrency, 128)
    .addHelpText('after', examples)
    .action(work)
}

const examples = `
Examples:
  $ REDIS_URL=redis://queue:6379 GEMHERALD_SECRET=… gemherald worker
  $ gemherald worker --channels slack,email --concurrency 20`

function parseChannels(text: string): CarriedChannel[] {
  const named = text.split(',').map((name) => name.trim())
  const unknown = named.find((name) => !carriedChannels.some((channel) => channel === name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is no channel; there are ${carriedChannels.join(', ')}.`)
  return carriedChannels.filter((channel) => named.includes(channel))
}

const highestConcurrency = 1000

function parseConcurrency(text: string): number {
  const concurrency = Number(text)
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > highestConcurrency)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${highestConcurrency}.`)
  return concurrency
}

async function work(options: Options): Promise<void> {
  // Loaded here, so that --help and --version of any command need not wait for it.
  const { readConfig } = await import('../config.js')
  const config = readConfig(process.env)
  if (!config.ok) return failWith(config.problem)
  const [{ startWorker }, { createLog }] = await Promise.all([
    import('../../workers/worker.js'),
    import('./log.js'),
  ])
  const log = createLog(config.value.logLevel)
  const worker = startWorker({
    config: config.value,
    log,
    ...options,
    onWrongSecret: () => {
      failWith({
        code: 'unauthorized',
        message: 'The server uses another GEMHERALD_SECRET: give this worker the same one.',
      })
      process.exit(1)
    },
  })
  if (!worker.ok) return failWith(worker.problem)
  onStopSignal(log, worker.value.stop)
  console.log(
    `gemherald worker serves ${options.channels.join(', ')}, ${options.concurrency} attempts at a time each`,
  )
}
