import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/about.js'

/** A gemherald command as a process of its own, from the built code, as a user runs it. */
export interface GemheraldProcess {
  pid: number
  /** Everything printed so far, both streams. */
  printed(): string
  /** Resolves as soon as what was printed matches; rejects when the process ends first or after 20 s. */
  prints(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends a signal; the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>
}

const patienceMs = 20_000
const running = new Set<ChildProcess>()
const folders = new Set<string>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

// Nobody listens there: no test asks the real RubyGems.org, and gems that the ledger lacks count as found.
const withoutUpstream = { RUBYGEMS_HOST: 'http://127.0.0.1:1025', CONFIRM: 'off', RECONCILE: 'off' }

/** Runs `bin/gemherald ARGS` with this environment, PATH and no upstream, unless `env` names one. */
export function runGemherald(args: string[], env: Record<string, string>): GemheraldProcess {
  const child = spawn(process.execPath, [join(packageRoot, 'bin/gemherald'), ...args], {
    env: { PATH: process.env.PATH, ...withoutUpstream, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr.on('data', (chunk) => {
    printed += chunk
  })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve(code ?? signal)
    })
  })

  return {
    pid: child.pid ?? 0,
    printed: () => printed,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer)
          child.stdout.off('data', look)
          child.stderr.off('data', look)
        }
        const look = () => {
          const found = pattern.exec(printed)
          if (found === null) return
          stop()
          resolve(found)
        }
        const giveUp = (why: string) => {
          stop()
          reject(
            new Error(
              `gemherald ${args.join(' ')} ${why} and did not print ${pattern}. It printed:\n${printed}`,
            ),
          )
        }
        const timer = setTimeout(() => giveUp(`ran for ${patienceMs} ms`), patienceMs)
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        ended.then((code) => giveUp(`ended with ${code}`))
        look()
      }),
    end(signal) {
      child.kill(signal)
      return ended
    },
    ended,
  }
}

/** Runs `gemherald serve` on a free port and waits until it listens. */
export async function runServer(
  env: Record<string, string>,
  args: string[] = [],
): Promise<GemheraldProcess & { url: string }> {
  const server = runGemherald(['serve', ...args], { PORT: '0', LOG_LEVEL: 'warn', ...env })
  const [, url = ''] = await server.prints(/listens on (http:\S+)/)
  return { ...server, url }
}

/** A folder for one test's data, and a way to remove it. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gemherald-test-'))
  folders.add(path)
  return {
    path,
    remove: () => {
      folders.delete(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}
