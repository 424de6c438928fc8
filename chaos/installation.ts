import { readFileSync } from 'node:fs'
import { type GemheraldProcess, runGemherald, runServer, temporaryFolder } from '../test/helpers/process.js'
import { apiKey, type Client, createClient, rubygemsKey } from './client.js'

/** One gemherald of the suite: its data folder, and its servers and workers as real processes. */
export interface Installation {
  dataDir: string
  /** Posts to the server that was started last. */
  client: Client
  /** The variables of its processes. */
  environment(): Record<string, string>
  /** Starts a server and waits until it listens. */
  server(other?: Record<string, string>, args?: string[]): Promise<ServerProcess>
  /** Starts a worker and waits until it serves. */
  worker(redisUrl: string, concurrency?: number): Promise<GemheraldProcess>
  /** Kills what runs and removes the data folder. */
  end(): Promise<void>
}

export type ServerProcess = GemheraldProcess & { url: string }

/** Nothing is started yet. `settings` hold for every process, unless `server` is told otherwise. */
export function createInstallation(settings: Record<string, string> = {}): Installation {
  const folder = temporaryFolder()
  const processes: GemheraldProcess[] = []
  let url = ''
  const client = createClient(() => url)
  const env = (other: Record<string, string>): Record<string, string> => ({
    DATA_DIR: folder.path,
    GEMHERALD_API_KEY: apiKey,
    GEMHERALD_SECRET: 'the secret of the fault suite',
    RUBYGEMS_API_KEYS: rubygemsKey,
    LOG_LEVEL: 'fatal',
    ...settings,
    ...other,
  })
  return {
    dataDir: folder.path,
    client,
    environment: () => env({ PORT: '0' }),
    async server(other = {}, args = []) {
      const started = await runServer(env(other), args)
      processes.push(started)
      url = started.url
      return started
    },
    async worker(redisUrl, concurrency = 20) {
      const started = runGemherald(
        ['worker', '--concurrency', `${concurrency}`],
        env({ REDIS_URL: redisUrl }),
      )
      processes.push(started)
      await started.prints(/worker serves/)
      return started
    },
    async end() {
      await Promise.all(processes.map((process) => process.end('SIGKILL')))
      await client.close()
      folder.remove()
    },
  }
}

/** Resident memory of a process in MB; 0 when it is gone. */
export function memoryOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
