import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Channel } from '../../src/endpoint.js'
import { openLedger } from '../../src/ledger/ledger.js'
import { createSeal, hashKey } from '../../src/secret.js'
import { apiKey, type TestGemherald } from '../helpers/gemherald.js'
import { ask, type WireAnswer } from '../manage/stage.js'

/** The installation's secret in these tests: `GEMHERALD_SECRET`. */
export const secret = 'the secret of the outbound tests'

/** The channels that go where a URL says. */
export const webChannels = ['webhook', 'slack'] as const satisfies readonly Channel[]

const keyCount = 20

/** As many keys of one account as `fire` needs to not be throttled: each may fire 60 times a minute. */
export const keys = Array.from({ length: keyCount }, (_, index) => `gh_outbound_tests_key_number_${index}`)

/** What a delivery's attempt came to. */
export interface KeptAttempt {
  url: string
  channel: Channel
  verdict: string
  statusCode: number | null
  error: string | null
}

/**
 * A new `DATA_DIR` with `keys`, and with a hook for each URL and each web channel that no API had to accept: as one
 * that was accepted once, and whose name leads elsewhere since.
 */
export function prepareDataDir(urls: readonly string[] = []): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'gemherald-outbound-'))
  const opened = openLedger(dataDir)
  if (!opened.ok) throw new Error(opened.problem.message)
  const { accounts, hooks, close, together } = opened.value
  const seal = createSeal(secret, 'api keys')
  together(() => {
    const accountId = accounts.ensure('default', 0)
    for (const [index, key] of keys.entries())
      accounts.addKey(
        accountId,
        { name: `key ${index}`, hash: hashKey(key), sealed: seal.close(key) },
        Date.now(),
      )
    for (const url of urls)
      for (const channel of webChannels)
        hooks.create({ accountId, gemName: gemFor(channel), url, channel }, Date.now())
  })
  close()
  return dataDir
}

/** An account has a URL once for each gem, so each channel's hooks are on a gem of their own. */
export function gemFor(channel: Channel): string {
  return `gem-for-${channel}`
}

/** One request to the hook API, with these parameters in a form. */
export function post(
  { address }: TestGemherald,
  path: string,
  parameters: Record<string, string>,
  { key = apiKey, headers = {} }: { key?: string; headers?: Record<string, string> } = {},
): Promise<WireAnswer> {
  return ask(address.port, 'POST', path, {
    key,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(parameters).toString(),
  })
}

/** Every attempt that was recorded. */
export function attemptsIn({ dataDir }: TestGemherald): KeptAttempt[] {
  const connection = new Sqlite(join(dataDir, 'ledger.db'), { readonly: true })
  try {
    return connection.prepare(attemptsSql).all() as KeptAttempt[]
  } finally {
    connection.close()
  }
}

const attemptsSql = `SELECT url, endpoints.channel, verdict, status_code AS statusCode, error
  FROM attempts JOIN deliveries ON deliveries.id = delivery_id JOIN endpoints ON endpoints.id = endpoint_id`
