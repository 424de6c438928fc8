import { fail, ok, type Result } from '../error.js'
import { configuredKeyName, type KeyRow } from '../ledger/accounts.js'
import type { Ledger } from '../ledger/ledger.js'
import { nearNames } from '../near-names.js'
import { createKey, hashKey, type Seal } from '../secret.js'
import { checkSecret } from './check-secret.js'
import { isPlainName, type KeyName } from './key-name.js'

/** An API key that was made just now: it is never shown again. */
interface CreatedKey {
  account: string
  label: string
  key: string
  /** ms since the epoch; null: it does not end by itself. */
  expiresAt: number | null
}

export type KeyState = 'valid' | 'expired' | 'revoked'

/**
 * Makes an API key, and its account when it is new, in one commit. Without a label it gets the next number. Fails with
 * `invalid` when the label is kept for the environment's key, with `conflict` when a valid key has it, and with
 * `unauthorized` when the seal is not the one of the ledger's keys.
 */
export function createApiKey(
  { accounts, together }: Pick<Ledger, 'accounts' | 'together'>,
  seal: Seal,
  { account, label: wanted }: KeyName,
  expiresAt: number | null,
  now: number,
): Result<CreatedKey> {
  if (wanted === configuredKeyName)
    return fail('invalid', `The label ${configuredKeyName} is kept for the key from the environment.`)
  return together(() => {
    const sameSecret = checkSecret(accounts, seal, now)
    if (!sameSecret.ok) return sameSecret
    const keys = accounts.keys().filter((key) => key.account === account)
    const label = wanted ?? nextNumber(keys)
    if (keys.some((key) => key.name === label && isValid(key, now)))
      return fail(
        'conflict',
        `The key ${account}/${label} is there and valid: choose another label, or revoke it.`,
      )
    const key = createKey()
    const stored = { name: label, hash: hashKey(key), sealed: seal.close(key) }
    accounts.addKey(accounts.ensure(account, now), stored, now, expiresAt)
    return ok({ account, label, key, expiresAt })
  })
}

/** Which keys to revoke. */
interface Revocation extends KeyName {
  /** All valid keys of the account. */
  all: boolean
}

/** What became of the keys that were to be revoked, each in order of creation. */
export interface Revoked {
  revoked: KeyRow[]
  /** Still valid: only the environment can take them away. */
  kept: KeyRow[]
}

/**
 * Revokes one key, the account's only valid key, or all of them but for the environment's. Fails with
 * `not_found` when there is no such account or key, and with `conflict` when it was revoked before, when the account has
 * several keys to choose from, or none, and when only the environment can take the key away.
 */
export function revokeApiKeys(
  { accounts, together }: Pick<Ledger, 'accounts' | 'together'>,
  wanted: Revocation,
  now: number,
): Result<Revoked> {
  return together(() => {
    const chosen = choose(accounts.keys(), wanted, now)
    if (chosen.ok) for (const { id } of chosen.value.revoked) accounts.revokeKey(id, now)
    return chosen
  })
}

/** Why an account's key is still valid, and what ends it. */
export function fromEnvironment(account: string): string {
  return `The key ${account}/${configuredKeyName} is still valid: it comes from the server’s environment. To end it, unset it there and start the server again.`
}

/** Whether a key can be used, and if not, why. */
export function stateOf({ revokedAt, expiresAt }: KeyRow, now: number): KeyState {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'valid'
}

/** The accounts, or the labels of an account that is there, that somebody may have meant who wrote an unknown name. */
export function nearKeys(keys: readonly KeyRow[], { account, label }: KeyName): string[] {
  const own = keys.filter((key) => key.account === account)
  const near =
    label === null || own.length === 0
      ? nearNames(account, new Set(keys.map((key) => key.account)))
      : nearNames(label, new Set(own.map(({ name }) => name)))
  return near.filter(isPlainName)
}

function isValid(key: KeyRow, now: number): boolean {
  return stateOf(key, now) === 'valid'
}

/** A number is given once: what was done with a revoked key stays apart from what the next one does. */
function nextNumber(keys: readonly KeyRow[]): string {
  const numbers = keys.map(({ name }) => (/^[1-9]\d{0,8}$/.test(name) ? Number(name) : 0))
  return String(Math.max(0, ...numbers) + 1)
}

function choose(keys: readonly KeyRow[], { account, label, all }: Revocation, now: number): Result<Revoked> {
  const own = keys.filter((key) => key.account === account)
  if (own.length === 0) return fail('not_found', `There is no account ${account} with keys.`)
  if (label !== null) return chooseLabelled(own, { account, label }, now)
  const valid = own.filter((key) => isValid(key, now))
  const revoked = valid.filter(({ name }) => name !== configuredKeyName)
  const kept = valid.filter(({ name }) => name === configuredKeyName)
  if (valid.length === 0) return fail('conflict', `The account ${account} has no valid key.`)
  if (revoked.length === 0) return fail('conflict', fromEnvironment(account))
  if (all || valid.length === 1) return ok({ revoked, kept })
  const labels = valid.map(({ name }) => quoted(`${account}/${name}`)).join(', ')
  return fail(
    'conflict',
    `The account ${account} has ${valid.length} valid keys, ${labels}: name one, or say --all.`,
  )
}

/** A label may have been used before: the one that is valid is meant, else one that has expired. */
function chooseLabelled(
  own: readonly KeyRow[],
  { account, label }: { account: string; label: string },
  now: number,
): Result<Revoked> {
  const labelled = own.filter(({ name }) => name === label)
  const name = `${account}/${label}`
  if (labelled.length === 0) return fail('not_found', `There is no key ${name}.`)
  const key =
    labelled.find((one) => isValid(one, now)) ?? labelled.find(({ revokedAt }) => revokedAt === null)
  if (key === undefined) return fail('conflict', `The key ${name} was revoked before.`)
  return label === configuredKeyName
    ? fail('conflict', fromEnvironment(account))
    : ok({ revoked: [key], kept: [] })
}

/** As it can be given to a shell. */
function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name}'`
}
