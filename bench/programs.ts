import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../src/about.js'

/** A process of the benchmark's own: what it measures runs apart from what measures it. */
export interface Program {
  child: ChildProcess
  /** Where it listens. */
  url: string
  /** Its data folder, removed when it ends. */
  dataDir: string
  /** Resident memory in MB. */
  memory(): number
  /** Ends it and leaves its data. */
  end(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

// What is measured is gemherald, not how quickly an upstream answers.
const withoutUpstream = { CONFIRM: 'off', RECONCILE: 'off' }

/** Runs `node FILE ARGS` and waits until it prints a line with the URL that it listens on. */
export async function startProgram(
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Program> {
  const dataDir = env.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'gemherald-bench-'))
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'error', DATA_DIR: dataDir, ...withoutUpstream, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const clean = () => {
    child.kill('SIGKILL')
    rmSync(dataDir, { recursive: true, force: true })
  }
  process.once('exit', clean)
  const url = await listeningUrl(child, file)
  const end = async () => {
    if (child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  return {
    child,
    url,
    dataDir,
    memory: () => residentMegabytes(child.pid),
    end,
    async stop() {
      await end()
      process.off('exit', clean)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The built server, as a user runs it. */
export const serverFile = join(packageRoot, 'bin/gemherald')

/** A compiled file of the benchmarks. */
export function benchFile(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url))
}

function listeningUrl(child: ChildProcess, file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout?.on('data', (chunk) => {
      printed += chunk
      const [url] = /http:\/\/[\d.]+:\d+/.exec(printed) ?? []
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code} before it listened.`)))
  })
}

function residentMegabytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}
