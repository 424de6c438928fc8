import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { HookRow } from '../../src/ledger/hooks.js'
import { listingJson, listingYaml } from '../../src/manage/listing.js'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
const hook = (gemName: string, url = 'http://a.b', failureCount = 0): HookRow => ({
  gemName,
  url,
  failureCount,
})

const documented = [
  hook('*', 'http://gemwhisperer.heroku.com', 1),
  hook('rails', 'https://gemherald.example/hooks/rubygems/6f1c'),
  hook('nokogiri', 'https://gemherald.example/hooks/rubygems/6f1c', 3),
  hook('nokogiri', 'http://example.com/old?token=a&b=c', 31),
]

describe('listingJson', () => {
  it('writes the documented listing, all gems last', () => {
    expect(listingJson(documented)).toBe(fixture('web_hooks.json'))
  })

  it('writes the documented empty listing', () => {
    expect(listingJson([])).toBe(fixture('web_hooks-empty.json'))
  })

  it('lists each gem once, where it was first named', () => {
    const json = listingJson([hook('b', 'http://1.b'), hook('a'), hook('b', 'http://2.b')])
    expect(Object.keys(JSON.parse(json))).toEqual(['b', 'a'])
    expect(JSON.parse(json).b).toHaveLength(2)
  })

  it('keeps names that mean something to JavaScript', () => {
    const json = listingJson([hook('__proto__'), hook('constructor')])
    expect(json).toMatch(/^{"__proto__":\[{"failure_count":0,"url":"http:\/\/a.b"}\],"constructor":/)
  })

  it('leaves HTML and separators unescaped', () => {
    expect(listingJson([hook('a', 'http://a.b/<>&\u2028"')])).toContain('"http://a.b/<>&\u2028\\""')
  })
})

describe('listingYaml', () => {
  it('writes the documented listings', () => {
    expect(listingYaml(documented)).toBe(fixture('web_hooks.yaml'))
    expect(listingYaml([])).toBe(fixture('web_hooks-empty.yaml'))
  })

  // What psych 5.4 with libyaml 0.2.5 writes for these names.
  it.each([
    ['rails', 'rails'],
    ['1.0.a', '1.0.a'],
    ['a-b_c.d', 'a-b_c.d'],
    ['a-', 'a-'],
    ['_a', '_a'],
    ['yesterday', 'yesterday'],
    ['1e5', '1e5'],
    ['0o17', '0o17'],
    ['0x_', '0x_'],
    ['0b2', '0b2'],
    ['y', '"y"'],
    ['Y', '"Y"'],
    ['n', '"n"'],
    ['N', '"N"'],
    ['-a', '"-a"'],
    ['.a', '".a"'],
    ['.inf', '".inf"'],
    ['---a', '"---a"'],
    ['yes', "'yes'"],
    ['NO', "'NO'"],
    ['On', "'On'"],
    ['off', "'off'"],
    ['true', "'true'"],
    ['False', "'False'"],
    ['null', "'null'"],
    ['Null', "'Null'"],
    ['0x1f', "'0x1f'"],
    ['0x1F_', "'0x1F_'"],
    ['0b1', "'0b1'"],
    ['1.5e-3', "'1.5e-3'"],
    ['1.e-5', "'1.e-5'"],
    ['08a', "'08a'"],
    ['0719-foo', "'0719-foo'"],
  ])('writes the gem %s as %s', (name, key) => {
    expect(listingYaml([hook(name)])).toBe(`---\n${key}:\n- failure_count: 0\n  url: http://a.b\n`)
  })

  it.each([
    ['http://a.b/x:y#z', 'http://a.b/x:y#z'],
    ['http://a.b/"x"', 'http://a.b/"x"'],
    ["http://a.b/'x", "http://a.b/'x"],
    ['http://a.b/\\x', 'http://a.b/\\x'],
    ['http://a.b/é\u3042', 'http://a.b/é\u3042'],
    ['mailto:team@example.com', 'mailto:team@example.com'],
    [`http://a.b/${'x'.repeat(240)}`, `http://a.b/${'x'.repeat(240)}`],
    ['http://a.b/:', "'http://a.b/:'"],
    ["http://a.b/'x:", "'http://a.b/''x:'"],
    ['http://a.b/\u{1f600}', '"http://a.b/\\U0001F600"'],
    ['http://a.b/\u{1f600}"\\é', '"http://a.b/\\U0001F600\\"\\\\é"'],
    ['http://a.b/\x01\x85\ufeff', '"http://a.b/\\x01\\N\\uFEFF"'],
  ])('writes the URL %j as %s', (url, value) => {
    expect(listingYaml([hook('a', url)])).toBe(`---\na:\n- failure_count: 0\n  url: ${value}\n`)
  })

  it('writes names of more than 128 characters as explicit keys', () => {
    const [short, long] = ['a'.repeat(128), 'a'.repeat(129)]
    const yaml = listingYaml([hook(short), hook(long), hook(long, 'http://c.d', 2)])
    expect(yaml).toBe(
      `---\n${short}:\n- failure_count: 0\n  url: http://a.b\n` +
        `? ${long}\n: - failure_count: 0\n    url: http://a.b\n  - failure_count: 2\n    url: http://c.d\n`,
    )
  })

  it('reads back as what the JSON says', () => {
    const names = ['rails', 'yes', '0x1f', '-a', '1.5e-3', 'x'.repeat(200), '*']
    const hooks = names.flatMap((name) => [hook(name), hook(name, 'http://a.b/\u{1f600}:', 7)])
    expect(parse(listingYaml(hooks), { version: '1.1' })).toEqual(JSON.parse(listingJson(hooks)))
  })
})
