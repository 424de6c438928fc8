import { join } from 'node:path'
import type { Command } from 'commander'
import { failWith } from './fail.js'
import { readFileArgument } from './file-argument.js'
import { createOutput } from './output.js'
import { withProgress } from './progress.js'
import { loadConfig } from './settings.js'

/** `gemherald backup`: a consistent copy of the ledger in DATA_DIR, while a server writes to it or not. */
export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('write a consistent copy of the ledger in DATA_DIR to a new file, while the server goes on')
    .argument('<file>', 'where to; it must not exist yet', readFileArgument)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(backup)
}

const examples = `
Examples:
  $ gemherald backup ledger-backup.db
  $ gemherald backup "/backups/gemherald-$(date +%F).db"

A backup is readable by its owner only. Keep the installation's secret with it: DATA_DIR/secret, or what GEMHERALD_SECRET
says. API keys are sealed with it. gemherald restore FILE makes a backup the ledger again.`

async function backup(place: string, { json }: { json: boolean }): Promise<void> {
  const config = await loadConfig()
  if (config === undefined) return
  // Loaded here, so that --help and --version of any command need not wait for it.
  const { backUp } = await import('../ledger/backup.js')
  const copied = await withProgress('Copying the ledger', (report) => backUp(config.dataDir, place, report))
  if (!copied.ok) return failWith(copied.problem)
  const output = createOutput({ json })
  output.facts([
    ['backup', place],
    ['bytes', copied.value.bytes],
    ['events', copied.value.events],
  ])
  const secret = config.secret === null ? join(config.dataDir, 'secret') : 'GEMHERALD_SECRET'
  output.line(`Keep ${secret} with it: the API keys in it are sealed with that secret.`)
}
