import type { Command } from 'commander'
import type { Config } from '../config.js'
import { ok, type Problem, type Result } from '../error.js'
import { explanationJson } from '../receive/explanation-json.js'
import type { CalibrationResult } from '../upstream/calibrate.js'
import type { CalibrationProblem } from '../upstream/calibration-failure.js'
import { failWith } from './fail.js'
import { gemName } from './hook-arguments.js'
import { createOutput } from './output.js'
import {
  loadUpstreamConfig,
  type UpstreamConfig,
  type UpstreamOptions,
  withUpstream,
} from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'

/** `gemherald upstream calibrate`: which secret the upstream really signs this account's webhooks with. */
export function addCalibrate(upstream: Command): void {
  upstream
    .command('calibrate')
    .description('have the upstream fire at this server, and say which secret it signs with')
    .option('--gem <name>', 'the gem that the test message is about', gemName, '*')
    .option('--otp <code>', 'one-time password, where the account asks for one')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(run)
}

const examples = `
The server must be running, with the same settings as this command, and PUBLIC_URL must be how the world reaches it.
Nothing is registered, kept or told to anybody. Exit code 0 when RUBYGEMS_API_KEYS has the secret, else 1.

Examples:
  $ gemherald upstream calibrate
  $ gemherald upstream calibrate --gem rails --otp 123456
  $ gemherald upstream calibrate --json`

interface Options extends UpstreamOptions {
  gem: string
}

async function run({ gem, otp, json }: Options): Promise<void> {
  const config = await loadUpstreamConfig()
  if (config === undefined) return
  const { whyUnreachable } = await import('../upstream/unreachable.js')
  const why = whyUnreachable(config, config.rubygemsHost)
  if (why !== null) return failWith({ code: 'invalid', message: why })
  const ticket = await makeTicket(config)
  if (!ticket.ok) return failWith(ticket.problem)
  const result = await fireAtOurselves(config, { gem, otp, ticket: ticket.value })
  if (!result.ok) return failWith(await explainFailure(result.problem, gem, config))
  const { seen, explanation, accepted } = result.value
  const { calibrationReport } = await import('../upstream/calibration-report.js')
  const output = createOutput({ json })
  const about = { gem: seen.name, version: seen.version, accepted }
  if (json) output.json({ ...about, ...explanationJson(explanation) })
  else output.line(calibrationReport(result.value, new URL(config.rubygemsHost).host).join('\n'))
  if (!accepted) process.exitCode = 1
}

/** Tickets are made with the secret of the server, which is to know them again. */
async function makeTicket(config: Config): Promise<Result<string>> {
  const [{ findSecret }, { createSigner }, { createCalibration }] = await Promise.all([
    import('../secret-file.js'),
    import('../secret.js'),
    import('../receive/calibration.js'),
  ])
  const secret = findSecret(config.secret, config.dataDir)
  if (!secret.ok) return secret
  return ok(createCalibration(createSigner(secret.value, 'calibration'), Date.now).ticket())
}

async function fireAtOurselves(
  config: UpstreamConfig,
  { gem, otp, ticket }: { gem: string; otp: string | undefined; ticket: string },
): Promise<CalibrationResult> {
  const [{ calibrate }, { receiverUrl }, { configuredSecrets }] = await Promise.all([
    import('../upstream/calibrate.js'),
    import('../upstream/receiver-url.js'),
    import('../receive/explain.js'),
  ])
  const label = 'Waiting for what the upstream sends to this server'
  return withUpstream(config, { otp, label }, (webHooks) =>
    calibrate({
      webHooks,
      receiverUrl: receiverUrl(config),
      ticket,
      gemName: gem,
      secrets: configuredSecrets(config.rubygemsKeys),
      // It may be what signs the hooks, and not be known to the receiver.
      others: [{ label: 'RUBYGEMS_API_KEY', text: config.rubygemsApiKey }],
    }),
  )
}

/** An unknown gem comes with near names, as in the other commands. */
async function explainFailure(
  problem: CalibrationProblem,
  gem: string,
  config: UpstreamConfig,
): Promise<Problem> {
  const { refusal } = problem
  return refusal?.code === 'not_found' ? explainUpstream(refusal, gem, config) : problem
}
