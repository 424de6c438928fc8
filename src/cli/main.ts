import { Command } from 'commander'
import { version } from '../about.js'
import { addBackup } from './backup.js'
import { addCatchUp } from './catch-up.js'
import { addHooks } from './hooks.js'
import { addKeys } from './keys.js'
import { addRestore } from './restore.js'
import { addServe } from './serve.js'
import { addStatus } from './status.js'
import { addUpstream } from './upstream.js'
import { addVerify } from './verify.js'
import { addWorker } from './worker.js'

/** Runs the command line. `argv` has neither the program nor the script. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('gemherald')
    .description('Tells a team, the moment it happens, that a gem it depends on was released or yanked.')
    .version(version)
    .showHelpAfterError('(gemherald --help shows the commands.)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  for (const add of commands) add(program)
  refuseUnknown(program, argv)
  await program.parseAsync(argv, { from: 'user' })
}

const commands = [
  addServe,
  addWorker,
  addHooks,
  addKeys,
  addUpstream,
  addVerify,
  addStatus,
  addCatchUp,
  addBackup,
  addRestore,
]

/** Otherwise `gemherald typo --help` would show the general help as if all were well. */
function refuseUnknown(command: Command, [word = '', ...more]: string[]): void {
  if (command.commands.length === 0 || !/^\w/.test(word) || word === 'help') return
  const known = command.commands.find((one) => one.name() === word)
  if (known === undefined) command.error(`error: unknown command '${word}'`)
  refuseUnknown(known, more)
}
