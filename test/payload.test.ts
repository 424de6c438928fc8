import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGemName, type Payload, parsePayload, payloadKeys, wireBody } from '../src/payload.js'
import { codePoint } from './helpers/code-point.js'
import { factsOf, payloadOf, webhookFixture, webhookFixtures } from './helpers/webhooks.js'

function parse(body: Buffer | string): Payload {
  const parsed = parsePayload(Buffer.from(body))
  if (!parsed.ok) throw new Error(parsed.problem.message)
  return parsed.value
}

function nested(levels: number): string {
  return `{"name":"a","version":"1","deep":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
}

describe('parsePayload reads what RubyGems.org sends', () => {
  it.each(webhookFixtures.map((fixture) => [fixture.title, fixture] as const))('%s', (_title, fixture) => {
    const { name, version, platform, yanked } = fixture
    expect(parse(fixture.body)).toMatchObject({ name, version, platform, yanked })
  })
})

describe('parsePayload is lenient', () => {
  it.each<[string, string, Partial<Payload>]>([
    ['only a name and a version', '{"name":"a","version":"1"}', { platform: 'ruby', yanked: false }],
    ['platform null', '{"name":"a","version":"1","platform":null}', { platform: 'ruby' }],
    ['platform empty', '{"name":"a","version":"1","platform":""}', { platform: 'ruby' }],
    ['yanked null', '{"name":"a","version":"1","yanked":null}', { yanked: false }],
    ['a key twice: the last one counts', '{"name":"b","name":"a","version":"1"}', { name: 'a' }],
    ['a byte order mark', '\uFEFF{"name":"a","version":"1"}', { name: 'a' }],
    ['blanks around', ' \r\n{"name":"a","version":"1"}\n', { name: 'a' }],
    ['keys that nobody knows', '{"name":"a","version":"1","new":{"x":[1]}}', { version: '1' }],
    ['a name by older rules', '{"name":"_a-.","version":"1"}', { name: '_a-.' }],
    ['the longest name', `{"name":"${'a'.repeat(255)}","version":"1"}`, { name: 'a'.repeat(255) }],
    ['the longest version', `{"name":"a","version":"${'1'.repeat(255)}"}`, { version: '1'.repeat(255) }],
    ['a version with a hyphen', '{"name":"a","version":"1.0-rc.1-x"}', { version: '1.0-rc.1-x' }],
    ['a version with letters', '{"name":"a","version":"1.0.0.beta2"}', { version: '1.0.0.beta2' }],
    ['32 levels', nested(32), { name: 'a' }],
  ])('%s', (_title, body, expected) => {
    expect(parse(body)).toMatchObject(expected)
  })

  it.each([null, '', 'MIT', ['MIT', null], { odd: true }, 7, true])('any key may be odd: %j', (odd) => {
    const keys = payloadKeys.filter((key) => !['name', 'version', 'platform', 'yanked'].includes(key))
    const { facts } = parse(payloadOf(Object.fromEntries(keys.map((key) => [key, odd]))))
    for (const key of keys) expect(facts[key]).toEqual(odd)
  })
})

describe('parsePayload refuses', () => {
  const name = /"name"/
  const version = /"version"/
  const platform = /"platform"/
  const yanked = /"yanked"/
  const noObject = /JSON, but not an object/
  const noJson = /not JSON in UTF-8/
  it.each<[string, string | Buffer, RegExp]>([
    ['nothing', '', noJson],
    ['half an object', '{"name":"a"', noJson],
    ['Ruby', "{'name' => 'a'}", noJson],
    ['two objects', '{"name":"a","version":"1"}{}', noJson],
    ['NaN', '{"name":"a","version":"1","downloads":NaN}', noJson],
    ['a form', 'name=a&version=1', noJson],
    ['invalid UTF-8', Buffer.from('7b226e616d65223a22ff227d', 'hex'), noJson],
    ['an overlong slash', Buffer.from('{"name":"a\xc0\xaf","version":"1"}', 'latin1'), noJson],
    ['a surrogate in UTF-8', Buffer.from('{"name":"a","version":"1","x":"\xed\xa0\x80"}', 'latin1'), noJson],
    ['UTF-16', Buffer.from('{"name":"a","version":"1"}', 'utf16le'), noJson],
    ['a raw NUL in a string', '{"name":"a","version":"1","info":"\0"}', noJson],
    ['null', 'null', noObject],
    ['a string', '"a"', noObject],
    ['a number', '1', noObject],
    ['an array', '[{"name":"a","version":"1"}]', noObject],
    ['no name', '{"version":"1"}', name],
    ['name null', '{"name":null,"version":"1"}', name],
    ['name a number', '{"name":1,"version":"1"}', name],
    ['name an array', '{"name":["a"],"version":"1"}', name],
    ['name empty', '{"name":"","version":"1"}', name],
    ['name without a letter', '{"name":"1-2_3.","version":"1"}', name],
    ['name with a blank', '{"name":"a b","version":"1"}', name],
    ['name with a line end', '{"name":"a\\n","version":"1"}', name],
    ['name with a slash', '{"name":"../a","version":"1"}', name],
    ['name with markup', '{"name":"<b>a","version":"1"}', name],
    ['name *', '{"name":"*","version":"1"}', name],
    ['name with a foreign letter', '{"name":"gém","version":"1"}', name],
    ['name with a lone surrogate', '{"name":"a\\ud800","version":"1"}', name],
    ['name too long', `{"name":"${'a'.repeat(256)}","version":"1"}`, name],
    ['name only in __proto__', '{"__proto__":{"name":"a"},"version":"1"}', name],
    ['no version', '{"name":"a"}', version],
    ['version null', '{"name":"a","version":null}', version],
    ['version a number', '{"name":"a","version":1.0}', version],
    ['version empty', '{"name":"a","version":""}', version],
    ['version with a v', '{"name":"a","version":"v1"}', version],
    ['version with a blank', '{"name":"a","version":" 1"}', version],
    ['version with a line end', '{"name":"a","version":"1\\n"}', version],
    ['version with two dots', '{"name":"a","version":"1..2"}', version],
    ['version that ends in a dot', '{"name":"a","version":"1."}', version],
    ['version that ends in a hyphen', '{"name":"a","version":"1-"}', version],
    ['version with a plus', '{"name":"a","version":"1+2"}', version],
    ['version with other digits', '{"name":"a","version":"١.٢"}', version],
    ['version too long', `{"name":"a","version":"${'1'.repeat(256)}"}`, version],
    ['version only in __proto__', '{"name":"a","__proto__":{"version":"1"}}', version],
    ['platform a number', '{"name":"a","version":"1","platform":1}', platform],
    ['platform false', '{"name":"a","version":"1","platform":false}', platform],
    ['platform with a slash', '{"name":"a","version":"1","platform":"a/b"}', platform],
    ['platform with a line end', '{"name":"a","version":"1","platform":"ruby\\n"}', platform],
    ['platform too long', `{"name":"a","version":"1","platform":"${'a'.repeat(256)}"}`, platform],
    ['yanked a string', '{"name":"a","version":"1","yanked":"false"}', yanked],
    ['yanked a number', '{"name":"a","version":"1","yanked":0}', yanked],
    ['33 levels', nested(33), /32 levels/],
    ['100,000 levels', nested(100_000), /32 levels/],
    ['100,000 opening brackets', '['.repeat(100_000), noJson],
    ['100,000 opening braces', '{"a":'.repeat(100_000), noJson],
  ])('%s', (_title, body, message) => {
    expect(parsePayload(Buffer.from(body))).toMatchObject({
      ok: false,
      problem: { code: 'invalid', message: expect.stringMatching(message) },
    })
  })

  // A pattern that backtracks without end would run into the test's time limit.
  it.each(['1', 'a', '1.', '1-', '1.a', '-', 'a.', '1.1-1.'])(
    'a megabyte of %s wherever a pattern looks',
    (piece) => {
      const text = `${piece.repeat(1_000_000 / piece.length)}!`
      for (const key of ['name', 'version', 'platform'])
        expect(parsePayload(payloadOf({ [key]: text }))).toMatchObject({ ok: false })
      expect(isGemName(text)).toBe(false)
    },
  )
})

describe('wireBody', () => {
  it.each(webhookFixtures.map((fixture) => [fixture.title, fixture] as const))(
    'makes the same bytes again: %s',
    (_title, fixture) => {
      expect(wireBody(parse(fixture.body))).toBe(fixture.body.toString('utf8'))
    },
  )

  it('puts the 24 keys in order, whatever order they came in', () => {
    const { body } = webhookFixture('ruby')
    const facts: Record<string, unknown> = JSON.parse(body.toString('utf8'))
    const reversed = Object.fromEntries(Object.entries(facts).reverse())
    expect(wireBody(parse(JSON.stringify(reversed)))).toBe(body.toString('utf8'))
  })

  it('fills missing keys with null, and leaves out what RubyGems.org would not send', () => {
    const body: Record<string, unknown> = JSON.parse(
      wireBody(parse('{"version":"1","extra":[1],"name":"a"}')),
    )
    expect(Object.keys(body)).toEqual(payloadKeys)
    expect(body).toEqual({
      ...Object.fromEntries(payloadKeys.map((key) => [key, null])),
      name: 'a',
      version: '1',
      platform: 'ruby',
      yanked: false,
    })
  })

  it.each([
    ['<', '\\u003c'],
    ['>', '\\u003e'],
    ['&', '\\u0026'],
    ['\u2028', '\\u2028'],
    ['\u2029', '\\u2029'],
    ['\ud800', '\\ud800'],
    ['"\\/\n', '\\"\\\\/\\n'],
    ['é😀', 'é😀'],
  ])('writes %j as JSON within HTML may', (text, written) => {
    expect(wireBody(parse(payloadOf({ info: text })))).toContain(`"info":"${written}"`)
  })

  it('survives numbers that no double can hold', () => {
    const body =
      '{"name":"a","version":"1","downloads":1e999,"version_downloads":-123456789012345678901234567890}'
    expect(JSON.parse(wireBody(parse(body)))).toMatchObject({
      downloads: null,
      version_downloads: Number('-123456789012345678901234567890'),
    })
  })
})

const nastyKey = fc.constantFrom('__proto__', 'constructor', 'toJSON', 'toString', 'then', ...payloadKeys)
const nastyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom('\ud800', '\uFEFF', '\u0000', '</script>', '\u2028', 'x'.repeat(1000)),
  fc.double(),
)
/** JSON objects with a right name and version, and whatever else. Built as text: only so can it have a `__proto__`. */
const hostileObject = fc
  .array(fc.tuple(fc.oneof(nastyKey, fc.string()), nastyValue), { maxLength: 12 })
  .map((entries) => entries.filter(([key]) => !['name', 'version', 'platform', 'yanked'].includes(key)))
  .map((entries) => [...entries, ['name', 'a'], ['version', '1']] as const)
  .map(
    (entries) =>
      `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`).join(',')}}`,
  )

describe('hostile bodies', () => {
  it('never make parsePayload throw, and what it accepts is what it promises', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          fc.json().map((text) => Buffer.from(text)),
          fc.string({ unit: codePoint }).map((text) => Buffer.from(text)),
          fc.dictionary(nastyKey, nastyValue).map((facts) => payloadOf(facts)),
          hostileObject.map((text) => Buffer.from(text)),
        ),
        (body) => {
          const parsed = parsePayload(body)
          if (!parsed.ok) {
            expect(parsed.problem.code).toBe('invalid')
            return
          }
          const { name, version, platform, yanked } = parsed.value
          expect(isGemName(name)).toBe(true)
          expect(version).toMatch(/^[0-9][0-9A-Za-z.-]*$/)
          expect(platform).toMatch(/^[0-9A-Za-z._-]+$/)
          expect(yanked).toBeTypeOf('boolean')
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('are sent on as 24 keys, with nothing raw that a page could take for markup, and always alike', () => {
    fc.assert(
      fc.property(hostileObject, (text) => {
        const body = wireBody(parse(text))
        expect(Object.keys(JSON.parse(body))).toEqual(payloadKeys)
        expect(body).not.toMatch(/[<>&\u2028\u2029]/)
        expect(wireBody(parse(body))).toBe(body)
      }),
      { numRuns: 500 },
    )
  })

  it('change nothing outside themselves', () => {
    parse(
      '{"name":"a","version":"1","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    )
    expect({}).not.toHaveProperty('polluted')
  })
})

it('knows the keys of a payload', () => {
  expect(payloadKeys).toEqual(Object.keys(factsOf()))
  expect(payloadKeys).toHaveLength(24)
})
