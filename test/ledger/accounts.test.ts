import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Accounts, configuredKeyName } from '../../src/ledger/accounts.js'
import { openTempLedger, type TempLedger } from '../helpers/temp-ledger.js'

let temp: TempLedger
let accounts: Accounts
let account: number
beforeEach(() => {
  temp = openTempLedger()
  accounts = temp.ledger.accounts
  account = temp.account()
})
afterEach(() => temp.remove())

const key = (hash: string, name = 'generated') => ({ name, hash, sealed: `sealed ${hash}` })

describe('accounts', () => {
  it('are made once for each name', () => {
    expect(accounts.ensure('default', 5)).toBe(account)
    expect(accounts.ensure('other', 5)).not.toBe(account)
    expect(temp.query('SELECT name FROM accounts ORDER BY id')).toEqual([
      { name: 'default' },
      { name: 'other' },
    ])
  })
})

describe('API keys', () => {
  it('lead to their account until they are revoked', () => {
    const other = accounts.ensure('other', 1)
    accounts.addKey(account, key('a'), 1)
    accounts.addKey(other, key('b'), 1)
    expect(accounts.byKeyHash('a', 9)).toBe(account)
    expect(accounts.byKeyHash('b', 9)).toBe(other)
    expect(accounts.byKeyHash('c', 9)).toBeUndefined()
    accounts.revokeKeys(account, 'generated', null, 2)
    expect(accounts.byKeyHash('a', 9)).toBeUndefined()
    expect(accounts.byKeyHash('b', 9)).toBe(other)
  })

  it('are stored once, and a revoked one that is added again is valid again', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.revokeKeys(account, 'generated', null, 2)
    accounts.addKey(account, { ...key('a'), sealed: 'sealed anew' }, 3)
    expect(accounts.byKeyHash('a', 9)).toBe(account)
    expect(accounts.signingKey(account, 9)).toBe('sealed anew')
    expect(temp.query('SELECT id FROM api_keys')).toHaveLength(1)
  })

  it('of one name are revoked but for one', () => {
    for (const hash of ['a', 'b', 'c']) accounts.addKey(account, key(hash, configuredKeyName), 1)
    accounts.addKey(account, key('d'), 1)
    accounts.revokeKeys(account, configuredKeyName, 'b', 2)
    expect(['a', 'b', 'c', 'd'].filter((hash) => accounts.byKeyHash(hash, 9) === account)).toEqual(['b', 'd'])
    accounts.revokeKeys(account, configuredKeyName, null, 3)
    expect(accounts.byKeyHash('b', 9)).toBeUndefined()
    expect(temp.query('SELECT revoked_at FROM api_keys ORDER BY hash')).toEqual([
      { revoked_at: 2 },
      { revoked_at: 3 },
      { revoked_at: 2 },
      { revoked_at: null },
    ])
  })
})

describe('API keys that end', () => {
  it('lead to their account until then', () => {
    accounts.addKey(account, key('a'), 1, 100)
    expect(accounts.byKeyHash('a', 99)).toBe(account)
    expect(accounts.hasValidKey(account, 99)).toBe(true)
    expect(accounts.byKeyHash('a', 100)).toBeUndefined()
    expect(accounts.hasValidKey(account, 100)).toBe(false)
  })

  it('have the end that they were given last', () => {
    accounts.addKey(account, key('a'), 1, 100)
    accounts.addKey(account, key('a'), 2, 200)
    expect(accounts.byKeyHash('a', 150)).toBe(account)
    accounts.addKey(account, key('a'), 3)
    expect(accounts.byKeyHash('a', Number.MAX_SAFE_INTEGER)).toBe(account)
  })

  it('leave the others valid', () => {
    accounts.addKey(account, key('a'), 1, 100)
    accounts.addKey(account, key('b'), 1)
    expect(accounts.hasValidKey(account, 100)).toBe(true)
    expect(accounts.hasValidKey(accounts.ensure('other', 1), 100)).toBe(false)
  })
})

describe('an API key of another account', () => {
  it('is refused, and stays as it is', () => {
    const other = accounts.ensure('other', 1)
    expect(accounts.addKey(account, key('a'), 1)).toBe(true)
    const before = temp.query('SELECT * FROM api_keys')
    expect(accounts.addKey(other, { ...key('a', 'taken'), sealed: 'anew' }, 2, 100)).toBe(false)
    expect(temp.query('SELECT * FROM api_keys')).toEqual(before)
    expect(accounts.byKeyHash('a', 150)).toBe(account)
  })
})

describe('one API key', () => {
  it('is revoked once', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.addKey(account, key('b'), 1)
    const [first] = accounts.keys()
    expect(accounts.revokeKey(first?.id ?? 0, 5)).toBe(true)
    expect(accounts.revokeKey(first?.id ?? 0, 6)).toBe(false)
    expect(accounts.revokeKey(99, 6)).toBe(false)
    expect(accounts.keys()).toMatchObject([{ revokedAt: 5 }, { revokedAt: null }])
    expect(accounts.byKeyHash('a', 9)).toBeUndefined()
    expect(accounts.byKeyHash('b', 9)).toBe(account)
  })
})

describe('the list of API keys', () => {
  it('has all of all accounts in order of creation, and neither keys nor hashes', () => {
    expect(accounts.keys()).toEqual([])
    const other = accounts.ensure('other', 1)
    accounts.addKey(other, key('b', 'laptop'), 2, 100)
    accounts.addKey(account, key('a', '1'), 3)
    accounts.used('a', 50_000)
    const never = { expiresAt: null, lastUsedAt: null, revokedAt: null }
    expect(accounts.keys()).toEqual([
      { id: 1, accountId: other, account: 'other', name: 'laptop', createdAt: 2, ...never, expiresAt: 100 },
      {
        id: 2,
        accountId: account,
        account: 'default',
        name: '1',
        createdAt: 3,
        ...never,
        lastUsedAt: 50_000,
      },
    ])
  })
})

describe('the last use of an API key', () => {
  const lastUsed = () => accounts.keys().map(({ lastUsedAt }) => lastUsedAt)

  it('is noted once a minute', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.addKey(account, key('b'), 1)
    accounts.used('a', 1_000_000)
    accounts.used('a', 1_059_999)
    expect(lastUsed()).toEqual([1_000_000, null])
    accounts.used('b', 1_059_999)
    accounts.used('a', 1_060_000)
    expect(lastUsed()).toEqual([1_060_000, 1_059_999])
  })

  it('is put right when the clock was wrong', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.used('a', 9_000_000)
    accounts.used('a', 1_000_000)
    expect(lastUsed()).toEqual([1_000_000])
  })

  it('of an unknown one is nothing', () => {
    accounts.used('a', 1)
    expect(lastUsed()).toEqual([])
  })
})

describe('the key that signs', () => {
  it('is none without keys', () => {
    expect(accounts.signingKey(account, 9)).toBeUndefined()
  })

  it('is the oldest valid one', () => {
    accounts.addKey(account, key('a', 'first'), 1)
    accounts.addKey(account, key('b', 'second'), 2)
    expect(accounts.signingKey(account, 9)).toBe('sealed a')
    accounts.revokeKeys(account, 'first', null, 3)
    expect(accounts.signingKey(account, 9)).toBe('sealed b')
  })

  it('is the configured one where there is one', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.addKey(account, key('b', configuredKeyName), 2)
    expect(accounts.signingKey(account, 9)).toBe('sealed b')
  })

  it('is the next one when the oldest has ended', () => {
    accounts.addKey(account, key('a'), 1, 100)
    accounts.addKey(account, key('b'), 2)
    accounts.addKey(account, key('c'), 3)
    expect(accounts.signingKey(account, 99)).toBe('sealed a')
    expect(accounts.signingKey(account, 100)).toBe('sealed b')
  })

  it('is no longer the configured one when that is revoked', () => {
    accounts.addKey(account, key('a'), 1)
    accounts.addKey(account, key('b', configuredKeyName), 2)
    accounts.revokeKeys(account, configuredKeyName, null, 3)
    expect(accounts.signingKey(account, 9)).toBe('sealed a')
  })

  it.each([
    ['the one revoked last', { a: { revoked: 30 }, b: { revoked: 20 } }, 'a'],
    ['the one that expired last', { a: { expires: 10 }, b: { expires: 20 } }, 'b'],
    ['one revoked after another expired', { a: { revoked: 30 }, b: { expires: 20 } }, 'a'],
    ['one that expired after another was revoked', { a: { revoked: 10 }, b: { expires: 20 } }, 'b'],
    [
      'one by its expiry, if it was revoked later',
      { a: { expires: 20, revoked: 40 }, b: { revoked: 30 } },
      'b',
    ],
    [
      'one by its revocation, if that came first',
      { a: { expires: 40, revoked: 20 }, b: { revoked: 30 } },
      'b',
    ],
    ['the older one of two that ended together', { a: { revoked: 30 }, b: { revoked: 30 } }, 'a'],
  ] as [string, Record<string, { expires?: number; revoked?: number }>, string][])(
    'when none is valid any more is the last that was: %s',
    (_, ends, last) => {
      for (const [hash, { expires }] of Object.entries(ends))
        accounts.addKey(account, key(hash, hash), 1, expires ?? null)
      for (const [name, { revoked }] of Object.entries(ends))
        if (revoked !== undefined) accounts.revokeKeys(account, name, null, revoked)
      expect(accounts.hasValidKey(account, 50)).toBe(false)
      expect(accounts.signingKey(account, 50)).toBe(`sealed ${last}`)
    },
  )

  it('is never that of another account', () => {
    accounts.addKey(accounts.ensure('other', 1), key('a', configuredKeyName), 1)
    expect(accounts.signingKey(account, 9)).toBeUndefined()
  })
})
