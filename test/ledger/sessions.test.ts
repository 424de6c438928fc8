import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

const hour = 3_600_000

let temp: TempLedger
let firstKey: number
beforeEach(() => {
  temp = openTempLedger()
  firstKey = addKey('first')
})
afterEach(() => temp.remove())

/** Adds a key to the account (`default` unless told); its id. */
function addKey(hash: string, expiresAt: number | null = null, account?: string): number {
  const { accounts } = temp.ledger
  accounts.addKey(temp.account(account), { name: hash, hash, sealed: hash }, testTime, expiresAt)
  return accounts.find(hash)?.id ?? 0
}

function begin(hash: string, keyId: number | null = null, expiresAt = testTime + 12 * hour): void {
  temp.ledger.sessions.create({ hash, accountId: temp.account(), keyId, expiresAt }, testTime)
}

const accountAt = (hash: string, now = testTime) => temp.ledger.sessions.find(hash, now)?.account

describe('a session', () => {
  it('is found with its account until it expires', () => {
    begin('s')
    expect(temp.ledger.sessions.find('s', testTime)).toEqual({
      accountId: temp.account(),
      account: 'default',
      keyId: firstKey,
    })
    expect(accountAt('s', testTime + 12 * hour - 1)).toBe('default')
    expect(accountAt('s', testTime + 12 * hour)).toBeUndefined()
    expect(accountAt('other')).toBeUndefined()
  })

  it('ends when it is ended, and others stay', () => {
    begin('s')
    begin('t')
    temp.ledger.sessions.end('s')
    temp.ledger.sessions.end('s')
    expect([accountAt('s'), accountAt('t')]).toEqual([undefined, 'default'])
  })

  it('ends when its key is revoked, and that of another key does not', () => {
    const keyId = addKey('k')
    begin('s', keyId)
    begin('t', addKey('l'))
    begin('by link')
    expect(accountAt('s')).toBe('default')
    temp.ledger.accounts.revokeKey(keyId, testTime)
    expect(['s', 't', 'by link'].map((hash) => accountAt(hash))).toEqual([undefined, 'default', 'default'])
  })

  it('ends when its key expires', () => {
    begin('s', addKey('k', testTime + hour))
    expect(accountAt('s', testTime + hour - 1)).toBe('default')
    expect(accountAt('s', testTime + hour)).toBeUndefined()
  })

  it('is not found when its key is not there at all, or is of another account', () => {
    begin('s', 99)
    begin('t', addKey('theirs', null, 'team-a'))
    expect([accountAt('s'), accountAt('t')]).toEqual([undefined, undefined])
  })

  it('that a link began lasts as long as its account has a key, whoever else has one', () => {
    const { accounts, sessions } = temp.ledger
    const second = addKey('second', testTime + hour)
    addKey('theirs', null, 'team-a')
    begin('by link')
    expect(sessions.find('by link', testTime)?.keyId).toBe(firstKey)
    accounts.revokeKey(firstKey, testTime)
    expect(sessions.find('by link', testTime + hour - 1)?.keyId).toBe(second)
    expect(accountAt('by link', testTime + hour)).toBeUndefined()
    accounts.revokeKey(second, testTime)
    expect(accountAt('by link')).toBeUndefined()
  })

  it('outlives a restart', () => {
    begin('s')
    temp.reopen()
    expect(accountAt('s')).toBe('default')
  })
})

describe('a one-time link', () => {
  const add = (hash: string, expiresAt = testTime + hour) =>
    temp.ledger.sessions.addLink({ hash, accountId: temp.account('team-a'), expiresAt })

  beforeEach(() => {
    addKey('theirs', null, 'team-a')
  })

  it('is of no use once its account has no key, not even when there is one again', () => {
    add('l')
    const { accounts, sessions } = temp.ledger
    accounts.revokeKey(accounts.find('theirs')?.id ?? 0, testTime)
    expect(sessions.useLink('l', testTime)).toBeUndefined()
    addKey('a new one', null, 'team-a')
    expect(sessions.useLink('l', testTime)).toBeUndefined()
    add('m')
    expect(sessions.useLink('m', testTime)).toBe(temp.account('team-a'))
  })

  it('can be used once', () => {
    add('l')
    const { sessions } = temp.ledger
    expect(sessions.useLink('l', testTime + hour - 1)).toBe(temp.account('team-a'))
    expect(sessions.useLink('l', testTime)).toBeUndefined()
    expect(sessions.useLink('other', testTime)).toBeUndefined()
  })

  it('cannot be used when it has expired, even if the clock goes back', () => {
    add('l')
    expect(temp.ledger.sessions.useLink('l', testTime + hour)).toBeUndefined()
    expect(temp.ledger.sessions.useLink('l', testTime)).toBeUndefined()
  })
})

it('sweeping removes what has expired and nothing else', () => {
  begin('old', null, testTime)
  begin('new', null, testTime + 1)
  temp.ledger.sessions.addLink({ hash: 'old', accountId: temp.account(), expiresAt: testTime })
  temp.ledger.sessions.addLink({ hash: 'new', accountId: temp.account(), expiresAt: testTime + 1 })
  temp.ledger.sessions.sweep(testTime)
  expect(temp.query('SELECT hash FROM sessions UNION ALL SELECT hash FROM sign_in_links')).toEqual([
    { hash: 'new' },
    { hash: 'new' },
  ])
})
