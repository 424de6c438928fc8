import type { Command } from 'commander'
import { failWith } from './fail.js'
import { readFileArgument } from './file-argument.js'
import { createOutput } from './output.js'
import { withProgress } from './progress.js'
import { loadConfig } from './settings.js'

/** `gemherald restore`: makes a backup the ledger in DATA_DIR. */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('make a backup the ledger in DATA_DIR; the server must be stopped')
    .argument('<file>', 'what gemherald backup wrote; it stays as it is', readFileArgument)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(restoreFile)
}

const examples = `
Examples:
  $ gemherald restore ledger-backup.db
  $ DATA_DIR=/srv/gemherald gemherald restore /backups/gemherald-2026-11-20.db

The ledger that is there is kept beside it, as ledger.db.before-restore-TIME. The server must have the secret that it had
when the backup was made. It then goes on from that time: messages that were owed then are sent, with the same message
ids, also where they went out since; keys that were revoked since are valid again.`

async function restoreFile(file: string, { json }: { json: boolean }): Promise<void> {
  const config = await loadConfig()
  if (config === undefined) return
  // Loaded here, so that --help and --version of any command need not wait for it.
  const [{ restore }, { versionsFile }] = await Promise.all([
    import('../ledger/restore.js'),
    import('../reconcile/versions-file.js'),
  ])
  const restored = await withProgress('Copying the backup', (report) =>
    restore(config.dataDir, file, Date.now(), report),
  )
  if (!restored.ok) return failWith(restored.problem)
  // The copy knows of yanks that the restored ledger lacks, and would not tell them again.
  await versionsFile(config.dataDir, config.rubygemsHost).remove()
  const { ledger, events, movedTo } = restored.value
  const output = createOutput({ json })
  output.facts([
    ['ledger', ledger],
    ['events', events],
    ['moved to', movedTo],
  ])
  if (movedTo !== null) output.line(`The ledger that was there is kept as ${movedTo}.`)
  output.line(
    'The server needs the secret that it had when the backup was made. Keys revoked since are valid again.',
  )
}
