import { type Command, InvalidArgumentError } from 'commander'
import { fail, ok, type Result } from '../error.js'
import type { UpstreamHook } from '../rubygems/schemas.js'
import type { OwnHooks } from '../upstream/own-hooks.js'
import { defaultGlobalAbove, type SyncPlan } from '../upstream/plan.js'
import type { SyncReport } from '../upstream/sync.js'
import type { SyncMemory } from '../upstream/sync-memory.js'
import { closeAfter, findLedger } from './beside-ledger.js'
import { failWith } from './fail.js'
import { createOutput, type Output } from './output.js'
import {
  loadUpstreamConfig,
  type UpstreamConfig,
  type UpstreamOptions,
  withUpstream,
} from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'
import { planJson, planLines, tellFailures } from './upstream-sync-report.js'

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
Only hooks on PUBLIC_URL/webhooks/rubygems (with GEMHERALD_RECEIVER_TOKEN behind it, if that is set) are touched, and
those that the ledger remembers on a URL that this server had before. What is to be added is added before anything is
removed, so no release is missed between.

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
  const planned = await makePlan(config, options)
  if (!planned.ok) return failWith(planned.problem)
  const output = createOutput(options)
  for (const line of planLines(planned.value.plan)) output.line(line)
  if (options.apply) return apply(planned.value, config, options, output)
  const { plan } = planned.value
  if (!isInStep(plan)) output.line('Nothing is changed yet: run it again with --apply to do this.')
  if (options.json) output.json({ ...planJson(plan), applied: false, failed: [] })
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

/** A plan, and the listed hooks that it was made from. */
interface Planned {
  plan: SyncPlan
  own: OwnHooks<UpstreamHook>
}

async function makePlan(config: UpstreamConfig, { otp, globalAbove }: Options): Promise<Result<Planned>> {
  const [{ ownHooks }, { planSync }, { receiverUrl }] = await Promise.all([
    import('../upstream/own-hooks.js'),
    import('../upstream/plan.js'),
    import('../upstream/receiver-url.js'),
  ])
  const opened = await findLedger(config)
  if (!opened.ok) return opened
  const wanted = opened.value.hooks.wanted(config.rubygemsHost)
  const remembered = opened.value.upstreams.hooks(config.rubygemsHost)
  opened.value.close()
  const listed = await withUpstream(config, { otp, label: 'Asking for the hooks' }, ({ list }) => list())
  if (!listed.ok) return { ok: false, problem: await explainUpstream(listed.problem, null, config) }
  const own = ownHooks(listed.value, receiverUrl(config), remembered)
  return ok({ plan: planSync({ wanted, own, globalAbove }), own })
}

function isInStep({ add, remove, removeEarlier }: SyncPlan): boolean {
  return add.length + remove.length + removeEarlier.length === 0
}

async function apply(
  planned: Planned,
  config: UpstreamConfig,
  options: Options,
  output: Output,
): Promise<void> {
  const [{ rememberPlan, rememberReport }, { receiverUrl }, { withoutRubyArray }] = await Promise.all([
    import('../upstream/sync-memory.js'),
    import('../upstream/receiver-url.js'),
    import('../upstream/ruby-array.js'),
  ])
  const { plan } = planned
  const url = receiverUrl(config)
  const ready = await inMemory(planned, config, (memory) => rememberPlan(memory, plan, url))
  if (!ready.ok) return failWith(ready.problem)
  const report = await carryOut(plan, url, config, options)
  for (const { text } of report.done) output.line(withoutRubyArray(text))
  const failed = await tellFailures(report, config)
  if (options.json) output.json({ ...planJson(plan), applied: true, failed })
  const kept = await inMemory(planned, config, (memory) => rememberReport(memory, report))
  if (!kept.ok) failWith(kept.problem)
}

/** Fails when there is no ledger any more, or it cannot be written. */
async function inMemory(
  { own }: Planned,
  config: UpstreamConfig,
  remember: (memory: SyncMemory) => void,
): Promise<Result<null>> {
  const opened = await findLedger(config)
  if (!opened.ok) return opened
  const { upstreams } = opened.value
  return closeAfter(opened.value, () => {
    remember({ upstreams, host: config.rubygemsHost, own, now: Date.now() })
    return ok(null)
  })
}

async function carryOut(
  plan: SyncPlan,
  receiverUrl: string,
  config: UpstreamConfig,
  { otp }: Options,
): Promise<SyncReport> {
  const { applyPlan } = await import('../upstream/sync.js')
  return withUpstream(config, { otp, label: 'Changing the hooks' }, (webHooks, progress) =>
    applyPlan({
      plan,
      webHooks,
      receiverUrl,
      report: (behind, all) => progress(`${behind} of ${all} done`),
    }),
  )
}
