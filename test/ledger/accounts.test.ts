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

  it('is never that of another account', () => {
    accounts.addKey(accounts.ensure('other', 1), key('a', configuredKeyName), 1)
    expect(accounts.signingKey(account, 9)).toBeUndefined()
  })
})
