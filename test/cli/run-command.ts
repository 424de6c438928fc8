import { Command, CommanderError } from 'commander'
import { vi } from 'vitest'

/** What a command left behind. */
export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/**
 * Runs one command of the command line in this process, as `main` would, with these variables beside the test's own
 * environment; stdout is a pipe. One at a time.
 */
export async function runCommand(
  add: (program: Command) => void,
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> {
  const ended: Ended = { code: 0, stdout: '', stderr: '' }
  const codeBefore = process.exitCode
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk, ...more) => {
      ended.stdout += chunk
      return written(more)
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk, ...more) => {
      ended.stderr += chunk
      return written(more)
    }),
    vi.spyOn(console, 'error').mockImplementation((text) => {
      ended.stderr += `${text}\n`
    }),
  ]
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  process.exitCode = 0
  try {
    const program = new Command('gemherald').exitOverride()
    add(program)
    await program.parseAsync(args, { from: 'user' })
    ended.code = Number(process.exitCode)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    ended.code = error.exitCode === 0 ? 0 : 2
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
    process.exitCode = codeBefore
  }
  return ended
}

/** Tells whoever asked to be told. */
function written(more: unknown[]): true {
  const done = more.at(-1)
  if (typeof done === 'function') queueMicrotask(() => done())
  return true
}
