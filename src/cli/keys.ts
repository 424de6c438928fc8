import { type Command, InvalidArgumentError } from 'commander'
import { fail, ok, type Result } from '../error.js'
import type { KeyRow } from '../ledger/accounts.js'
import type { Ledger } from '../ledger/ledger.js'
import { readExpiry } from '../manage/key-expiry.js'
import { isPlainName, type KeyName, readKeyName } from '../manage/key-name.js'
import type { KeyState } from '../manage/keys.js'
import { createSeal } from '../secret.js'
import { closeAfter, findLedger } from './beside-ledger.js'
import { failWith } from './fail.js'
import { findOrMakeLedger } from './key-ledger.js'
import { didYouMean } from './near.js'
import { type Column, createOutput } from './output.js'
import { loadConfig } from './settings.js'

interface Options {
  json: boolean
}

/** `gemherald keys`: the API keys of the ledger in DATA_DIR, beside a server that runs on it or without one. */
export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('create, list and revoke API keys (DATA_DIR; a running server notices at once)')
    .addHelpText('after', examples)
  subcommand(keys, 'create', 'make an API key, and its account when it is new', createExamples)
    .argument('<name>', 'ACCOUNT, which numbers the key, or ACCOUNT/LABEL', parseName)
    .option('--expires <when>', 'a time such as 12h, 90d, 6w or 1y, or an ISO date', parseExpiry)
    .action(create)
  subcommand(keys, 'list', 'show all keys, never the keys themselves', listExamples).action(list)
  subcommand(keys, 'revoke', 'make a key invalid at once', revokeExamples)
    .argument('<name>', 'ACCOUNT/LABEL, or ACCOUNT when it has one valid key', readKeyName)
    .option('--all', 'revoke all valid keys of the account', false)
    .action(revoke)
}

const examples = `
Examples:
  $ gemherald keys create team-a
  $ gemherald keys list
  $ gemherald keys revoke team-a/1`

const createExamples = `
Examples:
  $ gemherald keys create team-a
  $ gemherald keys create team-a/laptop --expires 90d
  $ GEMHERALD_API_KEY=$(gemherald keys create ci --expires 2027-06-30) gemherald hooks list

Several keys of one account are valid beside each other. To rotate, create one, put it to use, then revoke the old one.
Webhooks are signed with the oldest valid key of the account; for account default GEMHERALD_API_KEY goes first when it
is set.`

const listExamples = `
Examples:
  $ gemherald keys list
  $ gemherald keys list --json
  $ gemherald keys list | cut -f 1,5`

const revokeExamples = `
Examples:
  $ gemherald keys revoke team-a/laptop
  $ gemherald keys revoke 'default/first start'
  $ gemherald keys revoke team-a --all`

function subcommand(keys: Command, name: string, description: string, help: string): Command {
  return keys
    .command(name)
    .description(description)
    .option('--json', 'print JSON', false)
    .addHelpText('after', help)
}

function parseName(text: string): KeyName {
  const name = readKeyName(text)
  if ([name.account, name.label ?? name.account].every(isPlainName)) return name
  throw new InvalidArgumentError(
    'Account and label are 1 to 64 letters, digits, dots, underscores or hyphens each, the first no dot or hyphen.',
  )
}

function parseExpiry(text: string): number {
  const expiresAt = readExpiry(text, Date.now())
  if (expiresAt === undefined)
    throw new InvalidArgumentError(
      'It must be a time such as 12h, 90d, 6w or 1y, or an ISO date or date-time in the future.',
    )
  return expiresAt
}

async function create(
  name: KeyName,
  { json, expires: expiresAt = null }: Options & { expires?: number | null },
): Promise<void> {
  const config = await loadConfig()
  if (config === undefined) return
  const found = await findOrMakeLedger(config)
  if (!found.ok) return failWith(found.problem)
  const { ledger, secret } = found.value
  const { createApiKey } = await import('../manage/keys.js')
  const seal = createSeal(secret, 'api keys')
  const created = await closeAfter(ledger, () => createApiKey(ledger, seal, name, expiresAt, Date.now()))
  if (!created.ok) return failWith(created.problem)
  const { account, label, key } = created.value
  const output = createOutput({ json })
  if (json) output.json({ account, label, key, expires_at: isoTime(expiresAt) })
  else output.line(key)
  if (!(await output.written())) return takeBack({ account, label })
  // Not on stdout, so that a script can take the key from there.
  const end = expiresAt === null ? '' : ` until ${isoTime(expiresAt)}`
  console.error(`This is the API key ${account}/${label}, valid${end}. It is not shown again.`)
}

/** A key that nobody has seen is of use to nobody. */
async function takeBack({ account, label }: { account: string; label: string }): Promise<void> {
  const { revokeApiKeys } = await import('../manage/keys.js')
  const name = `${account}/${label}`
  const revoked = await withLedger((ledger) =>
    revokeApiKeys(ledger, { account, label, all: false }, Date.now()),
  )
  const end =
    revoked === undefined ? `is still valid: gemherald keys revoke ${name} ends it` : 'is revoked again'
  failWith({ code: 'unavailable', message: `The API key ${name} could not be shown and ${end}.` })
}

async function list({ json }: Options): Promise<void> {
  const rows = await withLedger((ledger) => ok(ledger.accounts.keys()))
  if (rows === undefined) return
  const { stateOf } = await import('../manage/keys.js')
  const now = Date.now()
  createOutput({ json }).table(
    rows.map((row) => shown(row, stateOf(row, now))),
    columns,
    'There are no API keys yet: gemherald keys create NAME makes one.',
  )
}

async function revoke(name: KeyName, { json, all }: Options & { all: boolean }): Promise<void> {
  if (all && name.label !== null)
    return failWith({ code: 'invalid', message: '--all goes with an account, not with a label.' })
  const { fromEnvironment, nearKeys, revokeApiKeys } = await import('../manage/keys.js')
  const done = await withLedger((ledger) => {
    const result = revokeApiKeys(ledger, { ...name, all }, Date.now())
    return result.ok || result.problem.code !== 'not_found'
      ? result
      : fail('not_found', result.problem.message + didYouMean(nearKeys(ledger.accounts.keys(), name)))
  })
  if (done === undefined) return
  const revoked = done.revoked.map(({ account, name: label }) => ({ account, label }))
  const output = createOutput({ json })
  if (json) output.json(revoked)
  for (const { account, label } of revoked) output.line(`Revoked ${account}/${label}.`)
  for (const { account } of done.kept) failWith({ code: 'conflict', message: fromEnvironment(account) })
}

/** What the work gives; undefined when the command has ended, since something failed. */
async function withLedger<T>(work: (ledger: Ledger) => Result<T>): Promise<T | undefined> {
  const config = await loadConfig()
  if (config === undefined) return undefined
  const found = await findLedger(config)
  const done = found.ok ? await closeAfter(found.value, () => work(found.value)) : found
  if (done.ok) return done.value
  failWith(done.problem)
  return undefined
}

function shown(key: KeyRow, state: KeyState) {
  return {
    account: key.account,
    label: key.name,
    created_at: isoTime(key.createdAt),
    expires_at: isoTime(key.expiresAt),
    last_used_at: isoTime(key.lastUsedAt),
    state,
  }
}

const columns: Column<ReturnType<typeof shown>>[] = [
  { title: 'key', value: ({ account, label }) => `${account}/${label}` },
  { title: 'created', value: ({ created_at }) => created_at },
  { title: 'expires', value: ({ expires_at }) => expires_at },
  { title: 'last used', value: ({ last_used_at }) => last_used_at },
  { title: 'state', value: ({ state }) => state },
]

/** To the second. */
function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
