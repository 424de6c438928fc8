import { rmSync } from 'node:fs'
import { pino } from 'pino'
import { readConfig } from '../../src/config.js'
import { type RunningServer, startServer } from '../../src/server.js'
import { newLedgerFolder } from './new-ledger.js'
import { authorizationFor, payloadOf, secrets } from './webhooks.js'

export const apiKey = 'gh_test_key_of_the_default_account'

/** A whole gemherald in this process, on a real port, with its own data folder. */
export interface TestGemherald extends RunningServer, Client {
  url: string
  dataDir: string
  /** Stops the server and starts it again on the same data. */
  restart(env?: Record<string, string>): Promise<TestGemherald>
  /** Stops the server and removes its data folder. */
  remove(): Promise<void>
}

export interface TestOptions {
  env?: Record<string, string>
  dataDir?: string
  now?: () => number
  /** Follows `now` unless told: only a test that moves one apart from the other makes the clock jump. */
  elapsed?: () => number
  worker?: boolean
}

/** Starts gemherald with test settings; `env` adds to them or overrides them. */
export async function startGemherald(options: TestOptions = {}): Promise<TestGemherald> {
  const { now, elapsed = now } = options
  const dataDir = options.dataDir ?? newLedgerFolder('gemherald-test-')
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    GEMHERALD_API_KEY: apiKey,
    RUBYGEMS_API_KEYS: secrets.modern,
    // Nobody listens there: gems that the ledger lacks count as found.
    RUBYGEMS_HOST: 'http://127.0.0.1:1025',
    CONFIRM: 'off',
    RECONCILE: 'off',
    ...options.env,
  })
  if (!config.ok) throw new Error(config.problem.message)
  const started = await startServer({
    config: config.value,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    worker: options.worker ?? true,
    ...(now === undefined ? {} : { now }),
    ...(elapsed === undefined ? {} : { elapsed }),
  })
  if (!started.ok) throw new Error(started.problem.message)
  const server = started.value
  const url = `http://127.0.0.1:${server.address.port}`

  return {
    ...server,
    ...clientOf(url),
    url,
    dataDir,
    async restart(env = {}) {
      await server.stop()
      return startGemherald({ ...options, dataDir, env: { ...options.env, ...env } })
    },
    async remove() {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** What users and RubyGems.org do with a gemherald at `url`. */
export interface Client {
  /** Registers a hook through the API; rejects unless it is created. */
  addHook(gemName: string, url: string, other?: Record<string, string>): Promise<void>
  /** Removes a hook through the API; rejects unless there was one. */
  removeHook(gemName: string, url: string): Promise<void>
  /** Posts a webhook's body; the answer. */
  push(body: Buffer, authorization: string): Promise<{ status: number; body: Record<string, unknown> }>
  /** Posts a webhook about a release, signed as RubyGems.org signs it; `changes` go to the payload. */
  pushRelease(
    name: string,
    version: string,
    changes?: Record<string, unknown>,
  ): Promise<{ status: number; body: Record<string, unknown> }>
  /** What /readyz answers. */
  readiness(): Promise<{ status: number; body: Record<string, unknown> }>
}

/** A client that holds this key: of `startGemherald`'s account `default` unless told. */
export function clientOf(url: string, key = apiKey): Client {
  const push: Client['push'] = async (body, authorization) => {
    const answer = await fetch(`${url}/webhooks/rubygems`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: new Uint8Array(body),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return {
    async addHook(gemName, hookUrl, other = {}) {
      const answer = await fetch(`${url}/api/v1/web_hooks`, {
        method: 'POST',
        headers: { authorization: key },
        body: new URLSearchParams({ gem_name: gemName, url: hookUrl, ...other }),
      })
      if (answer.status !== 201)
        throw new Error(`The hook was not created: ${answer.status} ${await answer.text()}`)
    },
    async removeHook(gemName, hookUrl) {
      const query = new URLSearchParams({ gem_name: gemName, url: hookUrl })
      const answer = await fetch(`${url}/api/v1/web_hooks/remove?${query}`, {
        method: 'DELETE',
        headers: { authorization: key },
      })
      if (answer.status !== 200)
        throw new Error(`The hook was not removed: ${answer.status} ${await answer.text()}`)
    },
    push,
    pushRelease: (name, version, changes = {}) =>
      push(payloadOf({ name, version, ...changes }), authorizationFor(name, version, secrets.modernSha256)),
    async readiness() {
      const answer = await fetch(`${url}/readyz`)
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
  }
}
