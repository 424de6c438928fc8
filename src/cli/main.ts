import { Command } from 'commander'
import { version } from '../about.js'
import { nearNames } from '../near-names.js'
import { plain } from '../plain-text.js'
import { addBackup } from './backup.js'
import { addCatchUp } from './catch-up.js'
import { addHooks } from './hooks.js'
import { addKeys } from './keys.js'
import { didYouMean } from './near.js'
import { addRestore } from './restore.js'
import { addServe } from './serve.js'
import { addSignIn } from './sign-in.js'
import { addStatus } from './status.js'
import { addUpstream } from './upstream.js'
import { addVerify } from './verify.js'
import { addWorker } from './worker.js'

/** Runs the command line. `argv` has neither the program nor the script. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('gemherald')
    .description('Tells a team, the moment it happens, that a gem it depends on was released or yanked.')
    .version(version)
    .addHelpText('after', examples)
    .helpCommand('help [command...]', 'show how a command is used')
    .configureOutput({ outputError: (text, write) => write(`${asSentence(text)}\n`) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  for (const add of commands) add(program)
  pointToHelp(program, 'gemherald')
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  refuseUnknown(program, words)
  await program.parseAsync(words, { from: 'user' })
}

const commands = [
  addServe,
  addWorker,
  addHooks,
  addKeys,
  addSignIn,
  addUpstream,
  addVerify,
  addStatus,
  addCatchUp,
  addBackup,
  addRestore,
]

const examples = `
Examples:
  $ gemherald serve
  $ gemherald keys create team-a
  $ gemherald hooks add rails https://hooks.slack.com/services/T000/B000/XXXX
  $ gemherald upstream sync --apply
  $ gemherald help upstream sync`

const longestError = 500

/** What commander says of wrong usage, as all other errors are said. */
function asSentence(text: string): string {
  const [first = '', ...more] = text.trim().split('\n')
  const error = `gemherald: ${first.replace(/^error: /, '')}`
  return [error, ...more].map((line) => plain(line, longestError)).join('\n')
}

function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help shows how it is used.)`)
  for (const one of command.commands) pointToHelp(one, `${name} ${one.name()}`)
}

/** Otherwise `gemherald typo --help` would show the general help as if all were well. */
function refuseUnknown(command: Command, [word = '', ...more]: string[]): void {
  if (command.commands.length === 0 || !/^\w/.test(word)) return
  const names = command.commands.map((one) => one.name())
  const known = command.commands.find((one) => one.name() === word)
  if (known === undefined) command.error(`unknown command '${word}'.${didYouMean(nearNames(word, names))}`)
  refuseUnknown(known, more)
}
