import type { Command } from 'commander'
import { ok } from '../error.js'
import type { RememberedHook } from '../ledger/upstreams.js'
import type { UpstreamHook } from '../rubygems/schemas.js'
import { closeAfter, findLedger } from './beside-ledger.js'
import { failWith } from './fail.js'
import { cleanLines } from './lines.js'
import { type Column, createOutput } from './output.js'
import {
  loadUpstreamConfig,
  type UpstreamConfig,
  type UpstreamOptions,
  withUpstream,
} from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'

/** `gemherald upstream list`: every hook of our account, and how those that lead here fare. */
export function addUpstreamList(upstream: Command): void {
  upstream
    .command('list')
    .description('show the hooks of your account, and whether those that lead here are healthy')
    .option('--otp <code>', 'one-time password, where the account asks for one')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(list)
}

const examples = `
Ours are the hooks on PUBLIC_URL/webhooks/rubygems, with GEMHERALD_RECEIVER_TOKEN behind it if that is set. The upstream
counts failures and never takes any back: a hook is failing when they rose since it was last looked at, or within the
last 24 hours. A hook whose state is "earlier" is ours too, on a URL that this server had before: gemherald upstream sync
--apply removes it.

Examples:
  $ gemherald upstream list
  $ gemherald upstream list --json
  $ gemherald upstream list | cut -f 1 | sort -u`

async function list({ otp, json }: UpstreamOptions): Promise<void> {
  const config = await loadUpstreamConfig()
  if (config === undefined) return
  const listed = await withUpstream(config, { otp, label: 'Asking for the hooks' }, ({ list }) => list())
  if (!listed.ok) return failWith(await explainUpstream(listed.problem, null, config))
  const rows = await rowsFor(listed.value, config)
  createOutput({ json }).table(
    rows,
    columns,
    'There are no hooks yet: gemherald upstream sync shows what to add.',
  )
}

interface Row {
  gem: string
  url: string
  failures: number
  ours: boolean
  /** Null for hooks that lead elsewhere. */
  state: string | null
}

const columns: Column<Row>[] = [
  { title: 'gem', value: ({ gem }) => gem },
  { title: 'url', value: ({ url }) => url },
  { title: 'failures', value: ({ failures }) => failures, align: 'right' },
  { title: 'ours', value: ({ ours }) => (ours ? 'yes' : 'no') },
  { title: 'state', value: ({ state }) => state },
]

async function rowsFor(listed: readonly UpstreamHook[], config: UpstreamConfig): Promise<Row[]> {
  const [{ receiverUrl }, { hookKey, ownHooks }, { hookState }] = await Promise.all([
    import('../upstream/receiver-url.js'),
    import('../upstream/own-hooks.js'),
    import('../upstream/hook-state.js'),
  ])
  const ownUrl = receiverUrl(config)
  const before = await exchangeMemories(listed, ownUrl, config)
  const { earlier } = ownHooks(listed, ownUrl, before)
  const remembered = new Map(before.map((hook) => [hookKey(hook), hook]))
  const stateOf = (hook: UpstreamHook) => {
    if (hook.url === ownUrl) return hookState(hook, remembered.get(hookKey(hook)), Date.now())
    return earlier.includes(hook) ? 'earlier' : null
  }
  return listed.map((hook) => {
    const { gemName: gem, url, failureCount: failures } = hook
    const state = stateOf(hook)
    return { gem, url, failures, ours: state !== null, state }
  })
}

/** Has the ledger remember our own hooks, and gives what it remembered of them before. */
async function exchangeMemories(
  listed: readonly UpstreamHook[],
  ownUrl: string,
  config: UpstreamConfig,
): Promise<RememberedHook[]> {
  const [{ ownHooks }, { listedHooks }] = await Promise.all([
    import('../upstream/own-hooks.js'),
    import('../upstream/sync-memory.js'),
  ])
  const { rubygemsHost: host } = config
  const opened = await findLedger(config)
  const before = !opened.ok
    ? opened
    : await closeAfter(opened.value, () => {
        const { upstreams } = opened.value
        const remembered = upstreams.hooks(host)
        upstreams.sawHooks(host, listedHooks(ownHooks(listed, ownUrl, remembered)), Date.now())
        return ok(remembered)
      })
  if (before.ok) return before.value
  // Who lists hooks before the first start has no ledger yet; anything else is worth knowing.
  if (before.problem.code !== 'not_found') console.error(`gemherald: ${cleanLines(before.problem.message)}`)
  return []
}
