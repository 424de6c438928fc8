import { createHash, randomBytes } from 'node:crypto'
import { json, type OrgAnswer, type OrgRequest, text } from './rubygems-org-answer.js'

/** An API key of an account. */
export interface OrgKey {
  text: string
  scopes: string[]
  expired: boolean
  deleted: boolean
  /** The only gem it may be used for. */
  gemName: string | null
  /** Minted for a trusted publisher: it belongs to no user. */
  publisher: boolean
}

/** A hook of an account. A test may set `disabled`. */
export interface OrgHook {
  /** Null for all gems. */
  gemName: string | null
  url: string
  failureCount: number
  disabled: boolean
}

/** A user of the stand-in. */
export interface OrgAccount {
  id: number
  handle: string
  /** The first key's text. */
  key: string
  keys: OrgKey[]
  emailConfirmed: boolean
  /** What its deliveries are signed with (protocol/rubygems-webhooks.md §10.1); empty when it has no key at all. */
  readonly secret: string
  hooks: OrgHook[]
}

/** What an account may say of itself; by default it has one key for hooks and own gems, and a confirmed address. */
export interface AccountOptions {
  /** `users.api_key`: signs in the place of the first key. */
  legacySecret?: string
  /** Its keys, oldest first. */
  keys?: Partial<OrgKey>[]
  emailConfirmed?: boolean
}

/** Users and keys of the stand-in. */
export interface Accounts {
  all: OrgAccount[]
  add(handle: string, options?: AccountOptions): OrgAccount
  /** By handle or id. */
  named(user: string): OrgAccount | undefined
  /** The caller, or the answer that turns it away (protocol/rubygems-webhooks.md §2.3, steps 3 and 4). */
  authenticate(request: OrgRequest): { account: OrgAccount; key: OrgKey } | { refusal: OrgAnswer }
  /** 403 for a key that may not do this. */
  denied(request: OrgRequest): OrgAnswer
}

export function createAccounts(): Accounts {
  const all: OrgAccount[] = []
  return {
    all,
    add(handle, { legacySecret, keys = [{}], emailConfirmed = true } = {}) {
      const complete = keys.map(completeKey)
      const [first] = complete
      const account: OrgAccount = {
        id: all.length + 1,
        handle,
        key: first?.text ?? '',
        keys: complete,
        emailConfirmed,
        secret: legacySecret ?? (first === undefined ? '' : sha256(first.text)),
        hooks: [],
      }
      all.push(account)
      return account
    },
    named: (user) => all.find((account) => account.handle === user || String(account.id) === user),
    authenticate(request) {
      const given = request.headers.authorization ?? ''
      const account = all.find(({ keys }) => keys.some((key) => key.text === given && !key.expired))
      const key = account?.keys.find((one) => one.text === given && !one.expired)
      if (account === undefined || key === undefined) return { refusal: text(401, denial) }
      if (!account.emailConfirmed) return { refusal: forbidden(request, unconfirmed) }
      if (key.deleted) return { refusal: forbidden(request, deletedKey) }
      if (key.publisher) return { refusal: forbidden(request, "The API key doesn't have access") }
      return { account, key }
    },
    denied: (request) => forbidden(request, notAllowed),
  }
}

const denial = 'Access Denied. Please sign up for an account at https://rubygems.org'
const unconfirmed =
  'Please confirm your email address before using the API. Check your inbox for a confirmation link.'
const deletedKey = 'An invalid API key cannot be used. Please delete it and create a new one.'
const notAllowed = 'This API key cannot perform the specified action on this gem.'

function completeKey(key: Partial<OrgKey>): OrgKey {
  return {
    text: `rubygems_${randomBytes(24).toString('hex')}`,
    scopes: ['access_webhooks', 'index_rubygems'],
    expired: false,
    deleted: false,
    gemName: null,
    publisher: false,
    ...key,
  }
}

/** 403 is the one error whose form depends on what was asked for (§2.4). */
function forbidden(request: OrgRequest, message: string): OrgAnswer {
  const asJson = request.path.endsWith('.json') || request.headers.accept === 'application/json'
  return asJson ? json(403, { error: message }) : text(403, message)
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}
