import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/receive/authorization.js'
import { authorizationFor, secrets, webhookFixtures } from '../helpers/webhooks.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const fixtures = webhookFixtures.map((fixture) => [fixture.title, fixture] as const)
const right = authorizationFor('rails', '8.1.3.1', secrets.legacy)

describe.each(fixtures)('the digests of %s', (_title, { name, version, authorization }) => {
  const { legacy, firstKeyHash, emptySecret, plainModernKey } = authorization
  it.each<[string, configured: string[], header: string, ReturnType<typeof check>]>([
    ['the legacy key, configured as it is', [secrets.legacy], legacy, null],
    ['the first key, configured as it is', [secrets.modern], firstKeyHash, null],
    ['the first key, configured as its SHA-256', [secrets.modernSha256], firstKeyHash, null],
    ['the first key, configured with blanks around it', [` ${secrets.modern}\n`], firstKeyHash, null],
    ['the first key, second in the list', [secrets.legacy, secrets.modern], firstKeyHash, null],
    ['the legacy key, first in the list', [secrets.legacy, secrets.modern], legacy, null],
    ['the legacy key, upper case', [secrets.legacy], legacy.toUpperCase(), null],
    ['the plain modern key, tried as it stands', [secrets.modern], plainModernKey, null],
    ['the legacy key, not configured', [secrets.modern], legacy, 'wrong'],
    ['the first key, not configured', [secrets.legacy], firstKeyHash, 'wrong'],
    ['the plain modern key, only its SHA-256 configured', [secrets.modernSha256], plainModernKey, 'wrong'],
    ['the empty secret', [secrets.legacy, secrets.modern], emptySecret, 'empty_secret'],
    ['the empty secret, upper case', [secrets.legacy], emptySecret.toUpperCase(), 'empty_secret'],
    ['the empty secret, configured', ['', ' ', '\t\n', secrets.legacy], emptySecret, 'empty_secret'],
    ['the SHA-256 of the empty secret', ['', secrets.legacy], sha256(name + version + sha256('')), 'wrong'],
  ])('%s', (_case, configured, header, expected) => {
    expect(check(configured, header, name, version)).toBe(expected)
  })
})

function check(configured: string[], header: string, name: string, version: string) {
  const verifier = createVerifier(configured)
  expect(verifier.checkForm(header)).toBeNull()
  return verifier.check(header, name, version)
}

describe('a digest', () => {
  it('of one pair of name and version is that of another pair, too: only later checks can close that', () => {
    const shared = '0a43a469c7337a71ebe18ae7658be644c87c55b169102bd8dfdf6ff0f3d5f405'
    expect(check([secrets.modern], shared, 'foo', '12.0')).toBeNull()
    expect(check([secrets.modern], shared, 'foo1', '2.0')).toBeNull()
    expect(check([secrets.modern], shared, 'foo', '2.0')).toBe('wrong')
  })

  it('is wrong once any digit is changed', () => {
    for (let index = 0; index < right.length; index += 1) {
      const digit = right[index] === '0' ? '1' : '0'
      const altered = right.slice(0, index) + digit + right.slice(index + 1)
      expect(check([secrets.legacy], altered, 'rails', '8.1.3.1')).toBe('wrong')
    }
  })

  it('proves only name, version and secret', () => {
    const words = fc.string({ unit: fc.constantFrom('a', '1', '.'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(words, words, words, words, words, words, (name, version, key, name2, version2, key2) => {
        const proven = check([key], authorizationFor(name2, version2, key2), name, version) === null
        const texts = [key, sha256(key)].map((secret) => name + version + secret)
        expect(proven).toBe(texts.includes(name2 + version2 + key2))
      }),
      { numRuns: 500 },
    )
  })
})

describe('checkForm', () => {
  it.each([
    ['no header', undefined, 'missing'],
    ['an empty header', '', 'missing'],
    ['63 digits', right.slice(1), 'length'],
    ['65 digits', `${right}0`, 'length'],
    ['128 digits', right + right, 'length'],
    ['one digit', 'a', 'length'],
    ['a scheme', `Bearer ${right}`, 'not_hex'],
    ['a blank within', `${right.slice(0, 31)} ${right.slice(32)}`, 'not_hex'],
    ['a letter beyond f', `g${right.slice(1)}`, 'not_hex'],
    ['quotes', `"${right}"`, 'not_hex'],
    ['a prefix', `sha256=${right}`, 'not_hex'],
    ['0x', `0x${right.slice(2)}`, 'not_hex'],
    ['two headers in one', `${right}, ${right}`, 'not_hex'],
    ['other digits', '٣'.repeat(64), 'not_hex'],
    ['a line end', `${right}\n`, 'not_hex'],
    ['the right form', right, null],
    ['the right form, upper case', right.toUpperCase(), null],
    ['the right form, both cases', `${right.slice(0, 32)}${right.slice(32).toUpperCase()}`, null],
  ])('%s', (_title, header, expected) => {
    expect(createVerifier([secrets.legacy]).checkForm(header)).toBe(expected)
  })

  it.each([[[]], [['']], [[' ', '\n']]])('knows no secrets in %j', (configured) => {
    const verifier = createVerifier(configured)
    expect(verifier.secrets).toBe(0)
    for (const header of [undefined, right, 'x']) expect(verifier.checkForm(header)).toBe('no_secrets')
    expect(verifier.check(authorizationFor('rails', '1', ''), 'rails', '1')).toBe('empty_secret')
  })

  it('counts secrets without the blank ones', () => {
    expect(createVerifier(['one', ' ', 'two', '']).secrets).toBe(2)
  })
})
