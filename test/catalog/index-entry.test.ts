import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { indexEntry, infoLine, versionsLine } from '../../src/catalog/index-entry.js'
import type { CatalogRelease } from '../../src/ledger/catalog.js'
import { infoLines, versionsLines } from '../../src/rubygems/compact-index-lines.js'
import { codePoint } from '../helpers/code-point.js'
import { fixture } from '../rubygems/stage.js'

const sha = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function release(facts: Record<string, unknown>, changes: Partial<CatalogRelease> = {}): CatalogRelease {
  return {
    id: 1,
    gemName: 'demo',
    number: '1.4.1',
    platform: 'ruby',
    yanked: false,
    createdAt: Date.parse('2026-08-01T10:00:00.999Z'),
    payload: Buffer.from(JSON.stringify(facts)),
    ...changes,
  }
}

const lineOf = (facts: Record<string, unknown>) => infoLine(release(facts))
const withRuntime = (...runtime: unknown[]) => lineOf({ sha, dependencies: { runtime } })
const own = `checksum:${sha},created_at:2026-08-01T10:00:00Z`
const rack = (requirements: unknown) => ({ name: 'rack', requirements })

describe('a line of /info', () => {
  it('is as upstream writes it, but for what webhooks do not tell', () => {
    const lines = fixture('compact-index-info.txt').toString().split('\n').slice(1)
    const theirs = [...infoLines(fixture('compact-index-info.txt'))]
    const ours = theirs.map(({ number, platform, sha: checksum, createdAt, dependencies }) => {
      const runtime = dependencies.map(({ name, requirements }) => ({
        name,
        requirements: requirements.join(', '),
      }))
      const facts = { sha: checksum, dependencies: { runtime } }
      return infoLine(release(facts, { number, platform, createdAt: createdAt ?? 0 }))
    })
    expect(ours.map((line) => line.trimEnd())).toEqual(
      lines.slice(0, 3).map((line) => line.replace(/,(ruby|rubygems):[^,]*/g, '')),
    )
  })

  it.each<[string, string]>([
    ['>= 1, < 2', '>= 1&< 2'],
    ['>= 2.2.4,<= 4', '>= 2.2.4&<= 4'],
    ['~> 1.0', '~> 1.0'],
    ['= 1.0.0.rc1', '= 1.0.0.rc1'],
    ['!= 1.0, > 0', '!= 1.0&> 0'],
  ])('requires %s as %s', (requirements, written) => {
    expect(withRuntime(rack(requirements))).toBe(`1.4.1 rack:${written}|${own}\n`)
  })

  it.each<unknown>([
    '',
    ',',
    '>= 1,',
    '>=1',
    '1',
    '>= 1|checksum:0',
    '>= 1\n9.9 |checksum:0',
    '>= 1&< 2',
    '>= a',
    '=> 1',
    null,
    1,
    ['>= 1'],
    { toString: 1 },
  ])('leaves out a dependency that requires %j', (requirements) => {
    expect(withRuntime(rack(requirements), { name: 'json', requirements: '>= 0' })).toBe(
      `1.4.1 json:>= 0|${own}\n`,
    )
  })

  it.each<unknown>(['', '1', 'a b', 'a:b', 'a,b', 'a|b', 'a\nb', 'ä', null, 5, [], {}])(
    'leaves out a dependency that is called %j',
    (name) => {
      expect(withRuntime({ name, requirements: '>= 0' })).toBe(`1.4.1 |${own}\n`)
    },
  )

  it.each<unknown>([
    null,
    5,
    'x',
    [],
    {},
    { runtime: null },
    { runtime: {} },
    { runtime: [null, 1, 'x', []] },
  ])('does without dependencies that are %j', (dependencies) => {
    expect(lineOf({ sha, dependencies })).toBe(`1.4.1 |${own}\n`)
  })

  it.each<unknown>([undefined, null, '', 'x', `${sha}0`, `${sha},created_at:x`, `${sha}\n`, 5, [sha]])(
    'does without a checksum that is %j',
    (checksum) => {
      expect(lineOf({ sha: checksum })).toBe('1.4.1 |created_at:2026-08-01T10:00:00Z\n')
    },
  )

  it('is written when nothing in the payload can be read', () => {
    expect(infoLine(release({}, { payload: Buffer.from('{') }))).toBe(
      '1.4.1 |created_at:2026-08-01T10:00:00Z\n',
    )
  })

  it('is one line that says what it is about, whatever strangers write', () => {
    const nasty = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.constantFrom('>= 1', 'rack', '\n', '|', ',', '&'),
      fc.jsonValue(),
    )
    const dependency = fc.record({ name: nasty, requirements: nasty }, { requiredKeys: [] })
    fc.assert(
      fc.property(nasty, fc.array(fc.oneof(dependency, nasty)), (checksum, runtime) => {
        const line = lineOf({ sha: checksum, dependencies: { runtime } })
        expect(line.split('\n')).toHaveLength(2)
        const [read, ...more] = infoLines(Buffer.from(`---\n${line}`))
        expect(more).toEqual([])
        expect(read).toMatchObject({ number: '1.4.1', platform: 'ruby', createdAt: Date.UTC(2026, 7, 1, 10) })
      }),
    )
  })
})

describe('a release in the index', () => {
  it.each<[string, string, string | null]>([
    ['1.0', 'ruby', '1.0'],
    ['1.0', 'java', '1.0-java'],
    ['1.0.rc1', 'x86_64-linux-gnu', '1.0.rc1-x86_64-linux-gnu'],
    ['1.0-beta', 'ruby', null],
    ['1.0-beta', 'java', null],
    ['1.0 ', 'ruby', null],
    ['1.0,2.0', 'ruby', null],
    ['', 'ruby', null],
    ['1.0', 'a b', null],
    ['1.0', '', null],
    ['1.0', 'a\n', null],
  ])('%j of %j is %j', (number, platform, entry) => {
    const identity = { gemName: 'demo', number, platform }
    expect(indexEntry(identity)).toBe(entry)
    expect(indexEntry({ ...identity, gemName: 'de mo' })).toBeNull()
    expect(infoLine(release({}, identity)).startsWith(`${entry} |`)).toBe(entry !== null)
  })

  it('is read back as it was, from both of its lines', () => {
    const text = fc.oneof(
      fc.stringMatching(/^[0-9a-z.-]{0,12}$/),
      fc.constantFrom('1.0', 'java', 'ruby', '1.0-java'),
      fc.string({ unit: codePoint, maxLength: 5 }),
    )
    const md5 = '0'.repeat(32)
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (gemName, number, platform, yanked) => {
        const identity = { gemName, number, platform }
        const [line = '', ...more] = versionsLine({ ...identity, yanked }, md5)
        expect(more).toEqual([])
        const expected = { number, platform }
        const list = { pushed: yanked ? [] : [expected], yanked: yanked ? [expected] : [] }
        expect([...versionsLines(Buffer.from(`---\n${line}`))]).toEqual(
          line === '' ? [] : [{ gemName, ...list, infoChecksum: md5 }],
        )
        const info = infoLine(release({}, identity))
        expect([...infoLines(Buffer.from(`---\n${info}`))]).toMatchObject(info === '' ? [] : [expected])
      }),
      { numRuns: 500 },
    )
  })
})
