import type { Command } from 'commander'
import type { RememberedHook } from '../ledger/upstreams.js'
import type { UpstreamHook } from '../rubygems/schemas.js'
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
last 24 hours.

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
  const [{ receiverUrl }, { hookState }] = await Promise.all([
    import('../upstream/receiver-url.js'),
    import('../upstream/hook-state.js'),
  ])
  const ownUrl = receiverUrl(config)
  const before = await exchangeMemories(listed, ownUrl, config)
  return listed.map((hook) => {
    const { gemName: gem, url, failureCount: failures } = hook
    const ours = url === ownUrl
    return { gem, url, failures, ours, state: ours ? hookState(hook, before.get(gem), Date.now()) : null }
  })
}

/** Has the ledger remember our own hooks, and gives what it remembered of them before, by gem. */
async function exchangeMemories(
  listed: readonly UpstreamHook[],
  ownUrl: string,
  { dataDir, rubygemsHost }: UpstreamConfig,
): Promise<Map<string, RememberedHook>> {
  const [{ openLedgerBeside }, { ownHooks }] = await Promise.all([
    import('../ledger/ledger.js'),
    import('../upstream/own-hooks.js'),
  ])
  const opened = openLedgerBeside(dataDir)
  if (!opened.ok) {
    // Who lists hooks before the first start has no ledger yet; anything else is worth knowing.
    if (opened.problem.code !== 'not_found') console.error(`gemherald: ${cleanLines(opened.problem.message)}`)
    return new Map()
  }
  const { upstreams, close } = opened.value
  try {
    const before = upstreams.hooks(rubygemsHost).filter(({ url }) => url === ownUrl)
    upstreams.sawHooks(rubygemsHost, ownHooks(listed, ownUrl), Date.now())
    return new Map(before.map((hook) => [hook.gemName, hook]))
  } finally {
    close()
  }
}
