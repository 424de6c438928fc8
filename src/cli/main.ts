import { Command } from 'commander'
import { version } from '../about.js'
import { addServe } from './serve.js'
import { addWorker } from './worker.js'

/** Runs the command line. `argv` has neither the program nor the script. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('gemherald')
    .description('Tells a team, the moment it happens, that a gem it depends on was released or yanked.')
    .version(version)
    .showHelpAfterError('(gemherald --help shows the commands.)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  addServe(program)
  addWorker(program)
  // Otherwise `gemherald typo --help` would show the general help as if all were well.
  const [command = ''] = argv
  if (/^\w/.test(command) && !['help', ...program.commands.map((known) => known.name())].includes(command))
    program.error(`error: unknown command '${command}'`)
  await program.parseAsync(argv, { from: 'user' })
}
