import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/receive/authorization.js'
import { type Claim, type Explanation, explainAuthorization } from '../../src/receive/explain.js'
import { sentencesOf, summaryOf } from '../../src/receive/explanation-text.js'
import type { Maker } from '../../src/receive/reasons.js'
import { codePoint } from '../helpers/code-point.js'
import { authorizationFor, secrets, webhookFixture, webhookFixtures } from '../helpers/webhooks.js'

const named = {
  legacy: { label: 'RUBYGEMS_API_KEYS[1]', text: secrets.legacy },
  modern: { label: 'RUBYGEMS_API_KEYS[2]', text: secrets.modern },
  hash: { label: '--key 1', text: secrets.modernSha256 },
}
const { legacy, firstKeyHash, emptySecret, plainModernKey } = webhookFixture('ruby').authorization

const explain = (changes: Partial<Claim> = {}): Explanation =>
  explainAuthorization({
    name: 'rails',
    number: '8.1.3.1',
    authorization: legacy,
    secrets: [named.legacy, named.modern],
    otherNumbers: ['8.1.3', '8.1.3.1', '7.2.2'],
    ...changes,
  })
const codesOf = (explanation: Explanation) =>
  explanation.verdict === 'match' ? 'match' : explanation.reasons.map(({ code }) => code)
const textOf = (explanation: Explanation) => sentencesOf(explanation).join('\n')

const base64Of = (text: string) => Buffer.from(text).toString('base64')
const byLegacy: Maker = { label: 'RUBYGEMS_API_KEYS[1]', derivation: 'as it stands' }
const byModern: Maker = { label: 'RUBYGEMS_API_KEYS[2]', derivation: 'SHA-256 of it' }

describe('a header that is accepted', () => {
  it.each<[string, Partial<Claim>, Maker, notes: RegExp[]]>([
    ['the old key', { authorization: legacy }, byLegacy, [/old API key/]],
    ['the first key', { authorization: firstKeyHash }, byModern, [/first key/]],
    [
      'the first key, as its SHA-256',
      { authorization: firstKeyHash, secrets: [named.hash] },
      { label: '--key 1', derivation: 'as it stands' },
      [/SHA-256/],
    ],
    [
      'the naive header',
      { authorization: plainModernKey },
      { ...byModern, derivation: 'as it stands' },
      [/never signs with such a key as it stands.*accepts it all the same/],
    ],
    ['upper case', { authorization: legacy.toUpperCase() }, byLegacy, [/old API key/, /upper case/]],
    [
      'the key of another gemherald',
      {
        authorization: authorizationFor('rails', '8.1.3.1', 'gh_of_another'),
        secrets: [{ label: '--key 1', text: 'gh_of_another' }],
      },
      { label: '--key 1', derivation: 'as it stands' },
      [],
    ],
    [
      'a secret with blanks around it',
      { secrets: [{ label: '--key 1', text: ` ${secrets.legacy}\n` }] },
      { label: '--key 1', derivation: 'as it stands' },
      [/old API key/],
    ],
  ])('%s', (_title, claim, maker, notes) => {
    const explanation = explain(claim)
    expect(explanation).toEqual({
      verdict: 'match',
      maker,
      notes: notes.map((note) => expect.stringMatching(note)),
    })
    expect(summaryOf(explanation)).toMatch(/^valid: /)
    expect(textOf(explanation)).toContain(maker.label)
  })

  it.each(webhookFixtures.map((fixture) => [fixture.title, fixture] as const))(
    'the worked examples: %s',
    (_title, { name, version: number, authorization }) => {
      const made = (header: string) => explain({ name, number, authorization: header })
      expect(made(authorization.legacy)).toMatchObject({ verdict: 'match', maker: byLegacy })
      expect(made(authorization.firstKeyHash)).toMatchObject({ verdict: 'match', maker: byModern })
      expect(made(authorization.plainModernKey)).toMatchObject({ verdict: 'match' })
      expect(codesOf(made(authorization.emptySecret))).toEqual(['empty_secret'])
    },
  )
})

describe('a header that stands for another name and version too', () => {
  const notesOf = (name: string, number: string, changes: Partial<Claim> = {}) => {
    const authorization = authorizationFor(name, number, secrets.legacy)
    const explanation = explain({ name, number, authorization, ...changes })
    return explanation.verdict === 'match' ? explanation.notes : explanation.reasons
  }
  const ambiguous = (others: string) =>
    expect.stringMatching(`stands for ${others} too, .* confirm the claim with the upstream`)

  it.each([
    ['foo', '12.0', 'foo1 2\\.0'],
    ['foo1', '2.0', 'foo 12\\.0'],
    ['sha3', '1.0', 'sha 31\\.0'],
    ['rails', '8.10.3', 'rails8\\.1 0\\.3'],
    ['a', '12345.0', 'a1 2345\\.0, a12 345\\.0, a123 45\\.0'],
    ['foo', '1.0.rc1', 'foo1\\.0\\.rc 1'],
  ])('%s %s: %s', (name, number, others) => {
    expect(notesOf(name, number)).toEqual([expect.stringMatching(/old API key/), ambiguous(others)])
  })

  it.each([
    ['rails', '8.1.3.1'],
    ['foo-', '1.0'],
    ['foo', '2.0'],
  ])('is not %s %s', (name, number) => {
    expect(notesOf(name, number)).toEqual([expect.stringMatching(/old API key/)])
  })

  it('is said without a secret', () => {
    const name = `my-${secrets.legacy}`
    expect(notesOf(name, '12.0')).toEqual([expect.stringMatching(/old API key/)])
  })
})

describe('a header about something else, made with a secret that is configured', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const { legacy: key } = secrets
  it.each<[string, header: string, code: string, finding: RegExp, claim?: Partial<Claim>]>([
    [
      'another version',
      authorizationFor('rails', '8.1.3', key),
      'other_version',
      /another version.* 8\.1\.3\./,
    ],
    ['a platform appended', sha256(`rails8.1.3.1-java${key}`), 'other_text', /platform appended.*-java/],
    ['a longer one', sha256(`rails8.1.3.1-x86_64-linux-gnu${key}`), 'other_text', /-x86_64-linux-gnu/],
    [
      'the platform is in the number asked for',
      authorizationFor('nokogiri', '1.18.9', key),
      'other_text',
      /without what follows its first hyphen/,
      { name: 'nokogiri', number: '1.18.9-java' },
    ],
    ['a v in front', sha256(`railsv8.1.3.1${key}`), 'other_text', /a v in front/],
    ['a v in the number asked for', legacy, 'other_text', /without the v/, { number: 'v8.1.3.1' }],
    ['name and version swapped', sha256(`8.1.3.1rails${key}`), 'other_text', /swapped/],
    ['the secret first', sha256(`${key}rails8.1.3.1`), 'other_text', /secret in front/],
    ['a hyphen between', sha256(`rails-8.1.3.1${key}`), 'other_text', /a hyphen between name and version\./],
    ['a blank between', sha256(`rails 8.1.3.1${key}`), 'other_text', /a blank between name and version\./],
    ['colons between all', sha256(`rails:8.1.3.1:${key}`), 'other_text', /a colon between .* and secret/],
    ['a line break at the end', sha256(`rails8.1.3.1${key}\n`), 'other_text', /line break at the end/],
    ['the name capitalised', sha256(`Rails8.1.3.1${key}`), 'other_text', /another case/],
    ['the name in lower case', legacy, 'other_text', /another case/, { name: 'RAILS' }],
    [
      'a hyphen for an underscore',
      authorizationFor('a-b', '1', key),
      'other_text',
      /hyphens and underscores/,
      { name: 'a_b', number: '1' },
    ],
    ['an HMAC', createHmac('sha256', key).update('rails8.1.3.1').digest('hex'), 'hmac', /HMAC-SHA256/],
  ])('%s', (_title, authorization, code, finding, claim = {}) => {
    const explanation = explain({ authorization, ...claim })
    expect(explanation).toEqual({
      verdict: 'no match',
      maker: byLegacy,
      reasons: [{ code, finding: expect.stringMatching(finding), advice: expect.stringMatching(/\.$/) }],
    })
    expect(textOf(explanation)).toMatch(
      /^Not valid: .* although it was made with RUBYGEMS_API_KEYS\[1\] as it stands\./,
    )
  })

  it('is found by the SHA-256 of a key too', () => {
    const authorization = authorizationFor('rails', '7.2.2', secrets.modernSha256)
    expect(explain({ authorization })).toMatchObject({
      maker: byModern,
      reasons: [{ code: 'other_version' }],
    })
  })

  it('is not found among versions that nobody knows', () => {
    const authorization = authorizationFor('rails', '6.0', secrets.legacy)
    expect(codesOf(explain({ authorization }))).toEqual(['unknown_secret'])
  })
})

describe('a header that was altered', () => {
  const bytes = Buffer.from(legacy, 'hex')
  const cases: [string, header: string, finding: RegExp][] = [
    ['blanks in front', `  ${legacy}`, /blanks around/],
    ['a line break behind', `${legacy}\r\n`, /blanks around/],
    ['double quotes', `"${legacy}"`, /quotes around/],
    ['single quotes', `'${legacy}'`, /quotes around/],
    ['Bearer', `Bearer ${legacy}`, /begins with "Bearer "/],
    ['Bearer and two blanks', `Bearer  ${legacy}`, /^It begins with "Bearer "\.$/],
    ['Basic, in capitals', `BASIC ${legacy}`, /begins with "Basic "/],
    ['sha256=', `sha256=${legacy}`, /begins with "sha256="/],
    ['its own name', `Authorization: ${legacy}`, /begins with "Authorization:"/],
    [
      'several',
      ` "Bearer ${legacy}" `,
      /blanks around it, and has quotes around it, and begins with "Bearer "/,
    ],
    ['base64 of the bytes', bytes.toString('base64'), /base64 instead/],
    ['base64url of the bytes', bytes.toString('base64url'), /base64 instead/],
    ['base64 of the digits', base64Of(legacy), /packed in base64/],
    ['a password', `Basic ${base64Of(`user:${legacy}`)}`, /begins with "Basic ", and is packed in base64/],
    [
      'a blank in it',
      `${legacy.slice(0, 20)} ${legacy.slice(20)}`,
      /^It is split by blanks or line breaks\.$/,
    ],
    ['a line break in it', `${legacy.slice(0, 32)}\n${legacy.slice(32)}\n`, /split by blanks or line breaks/],
    ['groups of four', (legacy.match(/.{4}/g) ?? []).join(' '), /split by blanks or line breaks/],
    [
      'Bearer and folded',
      `Bearer ${legacy.slice(0, 40)}\r\n\t${legacy.slice(40)}`,
      /begins with "Bearer ", and is split/,
    ],
    [
      'a password, folded',
      `Basic ${base64Of(`user:${legacy}`).replace(/^.{76}/, '$&\n')}`,
      /is split by blanks or line breaks, and is packed in base64/,
    ],
    ['there twice with a blank', `${legacy} ${legacy}`, /^It is there twice\.$/],
    ['cut short', legacy.slice(0, 60), /cut short: it has 60 of 64/],
    ['cut to a stump', legacy.slice(0, 8), /it has 8 of 64/],
    ['there twice', legacy + legacy, /there twice/],
    ['there twice with a comma', `${legacy}, ${legacy}`, /there twice/],
    ['too long', `${legacy}00`, /goes on after its 64 digits: it has 66/],
    ['something behind', `${legacy};v=1`, /something else around/],
  ]
  it.each(cases)('%s', (_title, authorization, finding) => {
    expect(explain({ authorization })).toEqual({
      verdict: 'no match',
      maker: byLegacy,
      reasons: [
        { code: 'altered', finding: expect.stringMatching(finding), advice: expect.stringContaining('64') },
      ],
    })
  })

  it('and is about another version besides', () => {
    const authorization = `Bearer ${authorizationFor('rails', '7.2.2', secrets.legacy)}`
    expect(codesOf(explain({ authorization }))).toEqual(['other_version', 'altered'])
  })

  it('and is of no known secret besides', () => {
    const authorization = `Bearer ${authorizationFor('rails', '8.1.3.1', 'another')}`
    expect(explain({ authorization })).toMatchObject({ maker: null })
    expect(codesOf(explain({ authorization }))).toEqual(['altered', 'unknown_secret'])
  })

  it.each([legacy.slice(0, 7), 'a'.repeat(7)])('is not guessed from a few digits: %s', (authorization) => {
    expect(codesOf(explain({ authorization }))).toEqual(['length'])
  })
})

describe('a header that no configured secret made', () => {
  const unknown = authorizationFor('rails', '8.1.3.1', 'another')
  const none: Partial<Claim> = { secrets: [{ label: 'RUBYGEMS_API_KEYS[1]', text: ' ' }] }
  it.each<[string, Partial<Claim>, codes: string[]]>([
    ['none at all', { authorization: null }, ['missing']],
    ['a blank one', { authorization: ' \t' }, ['missing']],
    ['an unknown secret', { authorization: unknown }, ['unknown_secret']],
    ['no secrets', { ...none, authorization: legacy }, ['no_secrets']],
    ['no secrets, and altered', { ...none, authorization: `"${legacy}"` }, ['no_secrets', 'altered']],
    ['no secrets, and junk', { ...none, authorization: 'junk' }, ['no_secrets', 'not_hex']],
    ['the empty secret', { authorization: emptySecret }, ['empty_secret']],
    ['the empty secret, upper case', { authorization: emptySecret.toUpperCase() }, ['empty_secret']],
    ['the empty secret, no secrets', { ...none, authorization: emptySecret }, ['empty_secret']],
    ['the empty secret, altered', { authorization: `"${emptySecret}"` }, ['empty_secret', 'altered']],
    [
      'the empty secret, another version',
      { authorization: authorizationFor('rails', '7.2.2', '') },
      ['empty_secret', 'other_version'],
    ],
    ['not hexadecimal', { authorization: 'rails!' }, ['not_hex']],
    ['a secret itself', { authorization: secrets.modern }, ['secret_itself']],
    ['a secret itself, as a bearer', { authorization: `Bearer ${secrets.modern}` }, ['secret_itself']],
    [
      'a letter that is a secret',
      { secrets: [{ label: '--key 1', text: 'j' }], authorization: 'junk' },
      ['not_hex'],
    ],
    ['the SHA-256 of a secret', { authorization: secrets.modernSha256 }, ['secret_itself']],
    ...[secrets.legacy, secrets.modern, secrets.modernSha256].flatMap((key) =>
      [`user:${key}`, `${key}:`, `${key}:x-oauth-basic`].map((pair): [string, Partial<Claim>, string[]] => [
        `a secret as a password, ${pair.length} letters`,
        { authorization: `Basic ${base64Of(pair)}` },
        ['secret_itself'],
      ]),
    ),
    [
      'a secret as a password, folded',
      { authorization: `Basic ${base64Of(`user:${secrets.modern}`).replace(/^.{76}/, '$&\n')}` },
      ['secret_itself'],
    ],
    [
      'another secret as a password',
      { authorization: `Basic ${base64Of('user:rubygems_0123456789')}` },
      ['not_hex'],
    ],
  ])('%s', (_title, claim, codes) => {
    const explanation = explain(claim)
    expect(codesOf(explanation)).toEqual(codes)
    expect(explanation).toMatchObject({ verdict: 'no match', maker: null })
    expect(summaryOf(explanation)).toMatch(/^not valid: /)
  })

  it('says to replace a secret that was sent as a password', () => {
    const authorization = `Basic ${base64Of(`user:${secrets.modern}`)}`
    expect(textOf(explain({ authorization }))).toMatch(
      /holds a secret itself \(RUBYGEMS_API_KEYS\[2\].*replace the key/s,
    )
  })

  it('says what that means, and how to find out', () => {
    const text = textOf(explain({ authorization: unknown }))
    expect(text).toMatch(/first key, not with the key that registered the hook/)
    expect(text).toContain('gemherald upstream calibrate')
  })
})

describe('whatever is claimed', () => {
  const secret = fc.constantFrom(secrets.legacy, secrets.modern, secrets.modernSha256, 'a longer secret', ' ')
  const name = fc.oneof(
    fc.constantFrom('rails', 'foo', 'foo1', '', secrets.legacy),
    fc.string({ unit: codePoint }),
  )
  const number = fc.oneof(
    fc.constantFrom('1.0', '12.0', '2.0', '1.0-java', 'v1'),
    fc.string({ unit: codePoint }),
  )
  const digest = fc
    .record({ name, number, secret: fc.oneof(secret, fc.constant('')) })
    .map((made) => authorizationFor(made.name, made.number, made.secret))
  const header = fc.oneof(
    fc.constant(null),
    digest,
    digest.map((digits) => digits.toUpperCase()),
    fc
      .tuple(fc.constantFrom('', ' ', '"', 'Bearer ', 'sha256='), digest, fc.nat(130), fc.string())
      .map(([before, digits, length, after]) => before + (digits + digits).slice(0, length) + after),
    digest.map((digits) => Buffer.from(digits, 'hex').toString('base64')),
    secret.map((text) => `Basic ${base64Of(`user:${text}`)}`),
    fc.tuple(digest, fc.nat(64)).map(([digits, at]) => `${digits.slice(0, at)}\n${digits.slice(at)}`),
    secret,
    fc.string({ unit: codePoint }),
  )
  const claim: fc.Arbitrary<Claim> = fc.record({
    name,
    number,
    authorization: header,
    secrets: fc.array(secret).map((texts) => texts.map((text, at) => ({ label: `--key ${at + 1}`, text }))),
    otherNumbers: fc.array(number),
  })
  /** Mostly a header about the very name and number that it is claimed for. */
  const fitting = fc
    .tuple(claim, fc.oneof(secret, fc.constant('')), fc.boolean())
    .map(([made, text, fits]) =>
      fits ? { ...made, authorization: authorizationFor(made.name, made.number, text) } : made,
    )

  it('it is explained, with the receiver’s own verdict, and no secret is told', () => {
    const verdicts = new Set<string>()
    fc.assert(
      fc.property(fitting, (made) => {
        const explanation = explainAuthorization(made)
        const verifier = createVerifier(made.secrets.map(({ text }) => text))
        const { authorization, name, number } = made
        const refusal =
          verifier.checkForm(authorization ?? undefined) ?? verifier.check(authorization ?? '', name, number)
        expect(explanation.verdict).toBe(refusal === null ? 'match' : 'no match')
        if (explanation.verdict === 'no match') expect(explanation.reasons.length).toBeGreaterThan(0)
        verdicts.add(explanation.verdict)
        const told = [JSON.stringify(explanation), summaryOf(explanation), textOf(explanation)].join('\n')
        for (const { text } of made.secrets) if (text !== ' ') expect(told).not.toContain(text)
        // A name that is no configured secret is only a name.
        for (const secret of Object.values(secrets)) if (secret !== name) expect(told).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
    expect([...verdicts].sort()).toEqual(['match', 'no match'])
  })

  it.each([
    '"'.repeat(1e6),
    'Bearer '.repeat(1e5),
    'a'.repeat(1e6),
    `${'0'.repeat(63)}x`.repeat(1e4),
    ' '.repeat(1e6),
  ])('a huge header is explained: %#', (authorization) => {
    expect(explain({ authorization }).verdict).toBe('no match')
  })
})
