import type { Command } from 'commander'
import type { Config } from '../config.js'
import type { Result } from '../error.js'
import type { Overview } from '../watch/overview.js'
import { failWith } from './fail.js'
import { createOutput } from './output.js'
import { loadConfig } from './settings.js'
import { statusFacts, statusJson } from './status-text.js'

/** `gemherald status`: what the ledger knows, and whether the server runs. Exit code 1 unless it is ready. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show what came in, how far catching up is, what is owed and what to look at')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(status)
}

const examples = `
Examples:
  $ gemherald status
  $ gemherald status --json
  $ gemherald status | grep ^warning
  $ DATA_DIR=/var/lib/gemherald GEMHERALD_URL=https://gems.example.org gemherald status

It ends with 0 when the server is ready, warnings or not, and with 1 when it is not.`

async function status({ json }: { json: boolean }): Promise<void> {
  const config = await loadConfig()
  if (config === undefined) return
  const overview = await readLedger(config)
  if (!overview.ok) return failWith(overview.problem)
  const { askReadiness } = await import('./readiness.js')
  const server = await askReadiness(config.gemheraldUrl)
  // A server knows more than its ledger does.
  const warnings = server.state === 'unreachable' ? overview.value.warnings : server.warnings
  const found = { config, server, overview: { ...overview.value, warnings } }
  const output = createOutput({ json })
  if (json) output.json(statusJson(found))
  else output.facts(statusFacts(found))
  if (server.state !== 'ready') process.exitCode = 1
}

async function readLedger({ dataDir, rubygemsHost, silenceMs }: Config): Promise<Result<Overview>> {
  const [{ openLedgerBeside }, { readOverview }, { risingWarnings }, { ok }] = await Promise.all([
    import('../ledger/ledger.js'),
    import('../watch/overview.js'),
    import('../upstream/hook-warnings.js'),
    import('../error.js'),
  ])
  const opened = openLedgerBeside(dataDir)
  if (!opened.ok) return opened
  const ledger = opened.value
  try {
    const now = Date.now()
    const warnings = risingWarnings(ledger.upstreams.hooks(rubygemsHost), rubygemsHost, now)
    return ok(readOverview({ ledger, rubygemsHost, silenceMs, listeningSince: null, warnings }, now))
  } finally {
    ledger.close()
  }
}
