import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configuredKeyName, type KeyRow } from '../../src/ledger/accounts.js'
import { isPlainName, readKeyName } from '../../src/manage/key-name.js'
import { createApiKey, nearKeys, revokeApiKeys, stateOf } from '../../src/manage/keys.js'
import { createSeal, hashKey } from '../../src/secret.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

const seal = createSeal('the secret of this installation', 'api keys')

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

const create = (name: string, expiresAt: number | null = null, at = testTime) =>
  createApiKey(temp.ledger, seal, readKeyName(name), expiresAt, at)
const revoke = (name: string, all = false, at = testTime) => {
  const revoked = revokeApiKeys(temp.ledger, { ...readKeyName(name), all }, at)
  return revoked.ok ? namesOf(revoked.value.revoked) : revoked.problem
}
const namesOf = (rows: KeyRow[]) => rows.map(({ account, name }) => `${account}/${name}`)
/** Creates a key; the key itself. */
function made(name: string, expiresAt: number | null = null): string {
  const created = create(name, expiresAt)
  if (!created.ok) throw new Error(created.problem.message)
  return created.value.key
}
/** Adds a key with a label that nobody can create. */
function add(name: string): void {
  const { account, label } = readKeyName(name)
  const stored = { name: label ?? '', hash: hashKey(name), sealed: seal.close(name) }
  temp.ledger.accounts.addKey(temp.account(account), stored, testTime)
}
const problem = (code: string, text: string) => ({ code, message: expect.stringContaining(text) })
const keys = () => temp.ledger.accounts.keys()
const states = (at = testTime) => keys().map((key) => `${key.account}/${key.name} ${stateOf(key, at)}`)

describe('a new key', () => {
  it('is valid for its account, which is made when it is new', () => {
    expect(create('team-a/laptop', testTime + 1000)).toEqual({
      ok: true,
      value: {
        account: 'team-a',
        label: 'laptop',
        key: expect.stringMatching(/^gh_[\w-]{43}$/),
        expiresAt: testTime + 1000,
      },
    })
    expect(temp.query('SELECT name FROM accounts')).toEqual([{ name: 'team-a' }])
    const [key, other] = [made('team-a'), made('team-b')]
    const { byKeyHash } = temp.ledger.accounts
    expect(byKeyHash(hashKey(key), testTime)).toBe(temp.account('team-a'))
    expect(byKeyHash(hashKey(other), testTime)).toBe(temp.account('team-b'))
  })

  it('is kept as its hash and under seal, never as it is', () => {
    const key = made('team-a')
    const [stored] = temp.query<{ hash: string; sealed: string }>('SELECT * FROM api_keys')
    expect(stored?.hash).toBe(hashKey(key))
    expect(seal.open(stored?.sealed ?? '')).toBe(key)
    expect(JSON.stringify(stored)).not.toContain(key)
  })

  it('is numbered, and no number is given twice', () => {
    for (const name of ['team-a', 'team-a', 'team-b', 'team-a/7', 'team-a/laptop', 'team-a/0012'])
      create(name)
    create('team-a')
    revoke('team-a/8')
    create('team-a')
    expect(keys().map(({ account, name }) => `${account}/${name}`)).toEqual([
      'team-a/1',
      'team-a/2',
      'team-b/1',
      'team-a/7',
      'team-a/laptop',
      'team-a/0012',
      'team-a/8',
      'team-a/9',
    ])
  })

  it('has no label that a valid key of the account has', () => {
    create('team-a/laptop', testTime + 1000)
    const taken = { ok: false, problem: problem('conflict', 'team-a/laptop') }
    expect(create('team-a/laptop')).toEqual(taken)
    expect(create('team-b/laptop')).toMatchObject({ ok: true })
    expect(create('team-a/laptop', null, testTime + 1000)).toMatchObject({ ok: true })
    expect(create('team-a/laptop')).toEqual(taken)
    revoke('team-a/laptop', false, testTime + 1000)
    expect(create('team-a/laptop', null, testTime + 1000)).toMatchObject({ ok: true })
  })

  it('has not the label of the environment’s key', () => {
    expect(create(`team-a/${configuredKeyName}`)).toEqual({
      ok: false,
      problem: problem('invalid', 'kept for'),
    })
    expect(temp.query('SELECT * FROM accounts')).toEqual([])
  })

  it.each(['default', 'team-b'])('is not sealed with another secret than those of account %s', (account) => {
    made(account)
    const otherSeal = createSeal('the secret of another installation', 'api keys')
    const created = createApiKey(temp.ledger, otherSeal, readKeyName('team-a'), null, testTime)
    expect(created).toEqual({ ok: false, problem: problem('unauthorized', 'another GEMHERALD_SECRET') })
    expect(temp.query('SELECT name FROM accounts')).toEqual([{ name: account }])
    expect(keys()).toHaveLength(1)
  })
})

describe('revoking', () => {
  beforeEach(() => {
    for (const name of ['one', 'two/a', 'two/b']) create(name)
  })

  it('takes one key', () => {
    expect(revoke('two/a')).toEqual(['two/a'])
    expect(states()).toEqual(['one/1 valid', 'two/a revoked', 'two/b valid'])
    expect(revoke('two/a')).toEqual(problem('conflict', 'was revoked before'))
  })

  it('takes the only valid key of an account', () => {
    expect(revoke('one')).toEqual(['one/1'])
    expect(revoke('one')).toEqual(problem('conflict', 'no valid key'))
    create('one', testTime + 1000)
    create('one')
    expect(revoke('one', false, testTime + 1000)).toEqual(['one/3'])
  })

  it('asks which of several', () => {
    add('two/first start')
    expect(revoke('two')).toEqual(problem('conflict', "3 valid keys, two/a, two/b, 'two/first start'"))
    expect(states().filter((state) => state.endsWith('revoked'))).toEqual([])
  })

  it('takes all that are valid', () => {
    create('two/c', testTime + 1000)
    create('two/d')
    revoke('two/b')
    expect(revoke('two', true, testTime + 1000)).toEqual(['two/a', 'two/d'])
    expect(states(testTime + 1000)).toEqual([
      'one/1 valid',
      'two/a revoked',
      'two/b revoked',
      'two/c expired',
      'two/d revoked',
    ])
  })

  it('takes one that has expired too, for good', () => {
    create('one/short', testTime + 1000)
    expect(revoke('one/short', false, testTime + 2000)).toEqual(['one/short'])
    expect(states(testTime + 2000)).toContain('one/short revoked')
  })

  it('takes the valid one of those that have had a label', () => {
    create('one/x', testTime + 1000)
    create('one/x', null, testTime + 1000)
    revoke('one/x', false, testTime + 2000)
    expect(states(testTime + 2000).slice(-2)).toEqual(['one/x expired', 'one/x revoked'])
  })

  it.each(['first start', 'first start (not shown yet)', 'with/slash'])('takes a key called %j', (label) => {
    add(`default/${label}`)
    expect(revoke(`default/${label}`)).toEqual([`default/${label}`])
  })

  it('leaves the key from the environment, and says what takes it away', () => {
    add(`default/${configuredKeyName}`)
    const kept = problem('conflict', 'unset it')
    expect(revoke(`default/${configuredKeyName}`)).toEqual(kept)
    expect(revoke('default')).toEqual(kept)
    expect(revoke('default', true)).toEqual(kept)
    add('default/first start')
    expect(revoke('default')).toEqual(problem('conflict', '2 valid keys'))
    const revoked = revokeApiKeys(temp.ledger, { account: 'default', label: null, all: true }, testTime)
    if (!revoked.ok) throw new Error(revoked.problem.message)
    expect(namesOf(revoked.value.revoked)).toEqual(['default/first start'])
    expect(namesOf(revoked.value.kept)).toEqual([`default/${configuredKeyName}`])
    expect(states()).toContain(`default/${configuredKeyName} valid`)
  })

  it.each([['three'], ['two/c'], ['one/'], ['/1'], ['']])('finds no %j', (name) => {
    expect(revoke(name)).toEqual(problem('not_found', 'There is no'))
  })

  it('touches no other account', () => {
    create('one/a')
    revoke('two', true)
    expect(states().filter((state) => state.endsWith('revoked'))).toEqual(['two/a revoked', 'two/b revoked'])
  })
})

describe('near names', () => {
  const near = (name: string) => nearKeys(keys(), readKeyName(name))
  beforeEach(() => {
    for (const name of ['team-a/laptop', 'team-b/laptop', 'other/desktop']) create(name)
    add('other/first start')
  })

  it.each([
    ['team-c', ['team-a', 'team-b']],
    ['oter/desktop', ['other']],
    ['team-a/laptpo', ['laptop']],
    ['other/laptop', []],
    ['other/first stat', []],
    ['nobody', []],
  ])('of %s are %j', (name, expected) => {
    expect(near(name)).toEqual(expected)
  })
})

describe('a plain name', () => {
  it.each([
    ['team-a', true],
    ['_team.a', true],
    ['0', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['', false],
    ['--json', false],
    ['-a', false],
    ['.a', false],
    ['a/b', false],
    ['a\n', false],
  ])('%j: %s', (name, plain) => {
    expect(isPlainName(name)).toBe(plain)
  })
})
