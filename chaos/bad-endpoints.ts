import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../src/about.js'

/** Endpoints that hang, drip, flood and worse. */
export interface BadEndpoints {
  urls: string[]
  /** How many requests each had, in the order of `urls`. */
  requests(): Promise<number[]>
  end(): Promise<void>
}

/** Starts them in a process of their own (bad-endpoints.mjs), which ends with this one. */
export async function startBadEndpoints(): Promise<BadEndpoints> {
  const child = spawn(process.execPath, [join(packageRoot, 'chaos/bad-endpoints.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [printed] = await once(child.stdout, 'data')
  const url = String(printed).trim()
  const requests = async () => (await (await fetch(url)).json()) as Record<string, number>
  return {
    urls: Object.keys(await requests()).map((kind) => `${url}/${kind}`),
    requests: async () => Object.values(await requests()),
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
