import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configuredKeyName } from '../../src/ledger/accounts.js'
import { ensureDefaultKey } from '../../src/manage/default-key.js'
import { createSeal, hashKey } from '../../src/secret.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'

const seal = createSeal('the secret of this installation', 'api keys')
const otherSeal = createSeal('the secret of another installation', 'api keys')
const configured = 'gh_key_from_the_environment'

let temp: TempLedger
beforeEach(() => {
  temp = openTempLedger()
})
afterEach(() => temp.remove())

function start(key: string | null, at = testTime, withSeal = seal) {
  return ensureDefaultKey(temp.ledger, withSeal, key, at)
}
/** Starts; the key that is to be shown, if there is one. */
function started(key: string | null, at = testTime) {
  const result = start(key, at)
  if (!result.ok) throw new Error(result.problem.message)
  return result.value
}
const accountOf = (key: string, at = testTime) => temp.ledger.accounts.byKeyHash(hashKey(key), at)
const labels = () => temp.ledger.accounts.keys().map(({ name }) => name)

describe('without a configured key', () => {
  it('the first start makes one and gives it until it was shown', () => {
    const first = started(null)
    expect(first?.key).toMatch(/^gh_[\w-]{43}$/)
    expect(accountOf(first?.key ?? '')).toBe(temp.account())
    temp.reopen()
    const second = started(null)
    expect(second?.key).toBe(first?.key)
    second?.shown()
    expect(labels()).toEqual(['first start'])
    expect(started(null)).toBeNull()
    expect(accountOf(first?.key ?? '')).toBe(temp.account())
  })

  it('none is made where the account has a valid one', () => {
    const key = { name: 'mine', hash: hashKey('mine'), sealed: seal.close('mine') }
    temp.ledger.accounts.addKey(temp.account(), key, testTime)
    expect(started(null)).toBeNull()
    expect(labels()).toEqual(['mine'])
  })

  it('none is made once the last one was revoked: whoever did that wants the account closed', () => {
    started(null)?.shown()
    const [first] = temp.ledger.accounts.keys()
    temp.ledger.accounts.revokeKey(first?.id ?? 0, testTime)
    expect(started(null, testTime + 1)).toBeNull()
    expect(labels()).toEqual(['first start'])
  })

  it('keys of other accounts do not count', () => {
    const key = { name: 'mine', hash: hashKey('mine'), sealed: seal.close('mine') }
    temp.ledger.accounts.addKey(temp.account('team-a'), key, testTime)
    expect(started(null)).not.toBeNull()
  })
})

describe('a configured key', () => {
  it('is valid, and no other is made', () => {
    expect(started(configured)).toBeNull()
    expect(accountOf(configured)).toBe(temp.account())
    expect(labels()).toEqual([configuredKeyName])
  })

  it('is the only configured one', () => {
    started(configured)
    started('gh_the_next_key_from_there')
    expect(accountOf(configured)).toBeUndefined()
    expect(accountOf('gh_the_next_key_from_there')).toBe(temp.account())
    started(configured)
    expect(accountOf(configured)).toBe(temp.account())
  })

  it('is not valid once it is gone, and the account gets one of its own', () => {
    started(configured)
    expect(started(null)).not.toBeNull()
    expect(accountOf(configured)).toBeUndefined()
  })

  it('leaves the account’s other keys valid', () => {
    const first = started(null)
    first?.shown()
    started(configured)
    expect(accountOf(first?.key ?? '')).toBe(temp.account())
  })

  describe('that is stored under a name of its own', () => {
    const store = (expiresAt: number | null) =>
      temp.ledger.accounts.addKey(
        temp.account(),
        { name: 'laptop', hash: hashKey(configured), sealed: seal.close(configured) },
        testTime,
        expiresAt,
      )

    it('keeps its name and its end', () => {
      store(testTime + 1000)
      expect(started(configured)).toBeNull()
      expect(temp.ledger.accounts.keys()).toMatchObject([{ name: 'laptop', expiresAt: testTime + 1000 }])
      expect(started(null)).toBeNull()
      expect(accountOf(configured, testTime + 999)).toBe(temp.account())
      expect(accountOf(configured, testTime + 1000)).toBeUndefined()
    })

    it.each(['has expired', 'was revoked'])('is refused when it %s', (why) => {
      store(why === 'has expired' ? testTime : null)
      const [key] = temp.ledger.accounts.keys()
      if (why === 'was revoked') temp.ledger.accounts.revokeKey(key?.id ?? 0, testTime)
      expect(start(configured, testTime + 1)).toMatchObject({
        ok: false,
        problem: { code: 'unauthorized', message: expect.stringContaining('default/laptop') },
      })
      expect(accountOf(configured, testTime + 1)).toBeUndefined()
    })
  })

  it('is refused when it is another account’s', () => {
    const key = { name: 'mine', hash: hashKey(configured), sealed: seal.close(configured) }
    temp.ledger.accounts.addKey(temp.account('team-a'), key, testTime)
    expect(start(configured)).toMatchObject({
      ok: false,
      problem: { code: 'conflict', message: expect.stringContaining('another account') },
    })
    expect(accountOf(configured)).toBe(temp.account('team-a'))
  })
})

describe('another secret', () => {
  const refused = {
    ok: false,
    problem: { code: 'unauthorized', message: expect.stringContaining('another GEMHERALD_SECRET') },
  }

  it('is refused, and nothing is made', () => {
    started(null)?.shown()
    expect(start(null, testTime, otherSeal)).toEqual(refused)
    expect(labels()).toEqual(['first start'])
  })

  it('is refused where only another account has keys', () => {
    const key = { name: '1', hash: hashKey('a'), sealed: seal.close('a') }
    temp.ledger.accounts.addKey(temp.account('team-a'), key, testTime)
    expect(start(null, testTime, otherSeal)).toEqual(refused)
    expect(start(configured, testTime, otherSeal)).toEqual(refused)
  })

  it('is refused where another account has keys beside the configured one', () => {
    started(configured)
    const key = { name: '1', hash: hashKey('a'), sealed: seal.close('a') }
    temp.ledger.accounts.addKey(temp.account('team-a'), key, testTime)
    expect(start(configured, testTime, otherSeal)).toEqual(refused)
  })

  it('is no matter where the configured key is all that signs', () => {
    started(configured)
    expect(start(configured, testTime, otherSeal)).toEqual({ ok: true, value: null })
  })
})
