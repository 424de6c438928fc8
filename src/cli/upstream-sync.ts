import { type Command, InvalidArgumentError } from 'commander'
import { fail, ok, type Result } from '../error.js'
import { defaultGlobalAbove, type SyncPlan } from '../upstream/plan.js'
import type { SyncChange, SyncReport } from '../upstream/sync.js'
import { failWith } from './fail.js'
import { createOutput, type Output } from './output.js'
import {
  loadUpstreamConfig,
  type UpstreamConfig,
  type UpstreamOptions,
  withUpstream,
} from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'

interface Options extends UpstreamOptions {
  apply: boolean
  globalAbove: number
}

/** `gemherald upstream sync`: brings our hooks at the upstream in step with the hooks in the ledger. */
export function addUpstreamSync(upstream: Command): void {
  upstream
    .command('sync')
    .description('show how to bring the upstream in step with the hooks here, and do it with --apply')
    .option('--apply', 'make the changes', false)
    .option(
      '--global-above <n>',
      "with more gems than this, one hook on '*' stands for all",
      wholeNumber,
      defaultGlobalAbove,
    )
    .option('--otp <code>', 'one-time password, where the account asks for one')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(sync)
}

const examples = `
Only hooks on PUBLIC_URL/webhooks/rubygems (with GEMHERALD_RECEIVER_TOKEN behind it, if that is set) are touched. What
is to be added is added before anything is removed, so no release is missed between.

Examples:
  $ gemherald upstream sync
  $ gemherald upstream sync --apply
  $ gemherald upstream sync --apply --global-above 0 --json`

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return number
}

async function sync(options: Options): Promise<void> {
  const config = await loadUpstreamConfig()
  if (config === undefined) return
  const usable = await checkReceiver(config, options.apply)
  if (!usable.ok) return failWith(usable.problem)
  const planned = await plan(config, options)
  if (!planned.ok) return failWith(planned.problem)
  const output = createOutput(options)
  printPlan(planned.value, output)
  if (options.apply) return apply(planned.value, config, options, output)
  if (!isInStep(planned.value)) output.line('Nothing is changed yet: run it again with --apply to do this.')
  if (options.json) output.json({ ...planned.value, applied: false, failed: [] })
}

/** A plan for a receiver that the upstream cannot reach may be looked at, but not carried out. */
async function checkReceiver(config: UpstreamConfig, apply: boolean): Promise<Result<null>> {
  if (config.publicUrl === null && config.port === 0)
    return fail(
      'invalid',
      'With PORT=0 only the running server knows its port: set PUBLIC_URL to how the world reaches it, or PORT.',
    )
  const { whyUnreachable } = await import('../upstream/unreachable.js')
  const why = whyUnreachable(config, config.rubygemsHost)
  if (why !== null && apply) return fail('invalid', why)
  if (why !== null) console.error(`gemherald: ${why}`)
  return ok(null)
}

async function plan(config: UpstreamConfig, { otp, globalAbove }: Options): Promise<Result<SyncPlan>> {
  const [{ openLedgerBeside }, { planSync }, { receiverUrl }] = await Promise.all([
    import('../ledger/ledger.js'),
    import('../upstream/plan.js'),
    import('../upstream/receiver-url.js'),
  ])
  const opened = openLedgerBeside(config.dataDir)
  if (!opened.ok) return opened
  const wanted = opened.value.hooks.wanted()
  opened.value.close()
  const listed = await withUpstream(config, { otp, label: 'Asking for the hooks' }, ({ list }) => list())
  if (!listed.ok) return { ok: false, problem: await explainUpstream(listed.problem, null, config) }
  return ok(planSync({ wanted, listed: listed.value, receiverUrl: receiverUrl(config), globalAbove }))
}

function printPlan({ add, remove, unchanged }: SyncPlan, output: Output): void {
  const lines = [
    ...add.map((name) => `+ ${name}`),
    ...remove.map((name) => `- ${name}`),
    `= ${unchanged.length} unchanged`,
  ]
  for (const line of lines) output.line(line)
}

function isInStep({ add, remove }: SyncPlan): boolean {
  return add.length + remove.length === 0
}

async function apply(
  plan: SyncPlan,
  config: UpstreamConfig,
  { otp, json }: Options,
  output: Output,
): Promise<void> {
  const [{ applyPlan }, { receiverUrl }] = await Promise.all([
    import('../upstream/sync.js'),
    import('../upstream/receiver-url.js'),
  ])
  const report = await withUpstream(config, { otp, label: 'Changing the hooks' }, (webHooks, progress) =>
    applyPlan({
      plan,
      webHooks,
      receiverUrl: receiverUrl(config),
      report: (behind, all) => progress(`${behind} of ${all} done`),
    }),
  )
  for (const { text } of report.done) output.line(text)
  const failed = await failuresIn(report, config)
  if (json) output.json({ ...plan, applied: true, failed })
  for (const { action, gem, text } of failed)
    failWith({ code: 'unavailable', message: `${gem} was not ${pastOf[action]}: ${text}` })
}

const pastOf = { add: 'added', remove: 'removed' } as const

/** What is not done, and why. */
interface Failure {
  action: SyncChange['action']
  gem: string
  text: string
}

async function failuresIn({ failed, left }: SyncReport, config: UpstreamConfig): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const { action, gemName, problem } of failed) {
    const { message } = await explainUpstream(problem, gemName, config)
    failures.push({ action, gem: gemName, text: message })
  }
  const untried = left.map(({ action, gemName }) => ({ action, gem: gemName, text: 'not tried after that.' }))
  return [...failures, ...untried]
}
