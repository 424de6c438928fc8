import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Rubygems } from '../../src/rubygems/client.js'
import type { VersionsCopy, VersionsUpdate } from '../../src/rubygems/compact-index.js'
import { infoLines, versionsLines } from '../../src/rubygems/compact-index-lines.js'
import { faults, type OrgAnswer } from '../helpers/rubygems-org.js'
import { fixture, problem, type Stage, setStage, start, value } from './stage.js'

let stage: Stage
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  stage.org.push('rails', '8.1.3')
  rubygems = stage.client()
})

afterEach(() => stage.close())

const read = async (copy: VersionsCopy | null) => value(await rubygems.versionsIndex(copy))

/** What is new, as `gem +number -number`. */
function news({ copy, newFrom }: VersionsUpdate): string[] {
  return [...versionsLines(copy.bytes, newFrom)].map(({ gemName, pushed, yanked }) => {
    const show = (sign: string) => (release: { number: string; platform: string }) =>
      ` ${sign}${release.number}/${release.platform}`
    return gemName + pushed.map(show('+')).join('') + yanked.map(show('-')).join('')
  })
}

describe('versionsIndex', () => {
  it('begins with all of it', async () => {
    stage.org.push('rails', '8.1.4', { platform: 'java' })
    stage.org.yank('rails', '8.1.3')
    const update = await read(null)
    expect(update).toMatchObject({ change: 'replaced', newFrom: 0, copy: { etag: expect.any(String) } })
    expect(news(update)).toEqual(['rails +8.1.3/ruby', 'rails +8.1.4/java', 'rails -8.1.3/ruby'])
    expect(stage.org.requests.all[0]?.headers.range).toBeUndefined()
  })

  it('goes on with the end of it', async () => {
    const before = await read(null)
    stage.org.push('rack', '3.2')
    stage.org.yank('rails', '8.1.3')
    stage.org.restore('rails', '8.1.3')
    const after = await read(before.copy)
    expect(after).toMatchObject({ change: 'appended', newFrom: before.copy.bytes.length })
    expect(news(after)).toEqual(['rack +3.2/ruby', 'rails -8.1.3/ruby', 'rails +8.1.3/ruby'])
    expect(stage.org.requests.all[1]?.headers).toMatchObject({
      range: `bytes=${before.copy.bytes.length - 1}-`,
      'if-none-match': before.copy.etag,
    })
    expect(stage.org.count()).toBe(2)
    expect(after.copy.bytes).toEqual((await read(null)).copy.bytes)
  })

  it('says when nothing happened', async () => {
    const before = await read(null)
    expect(await read(before.copy)).toEqual({
      copy: before.copy,
      change: 'unchanged',
      newFrom: before.copy.bytes.length,
    })
    expect(stage.org.count()).toBe(2)
  })

  it('says so, too, when the answer is the last byte again', async () => {
    const before = await read(null)
    const update = await read({ ...before.copy, etag: null })
    expect(update).toMatchObject({ change: 'unchanged', newFrom: before.copy.bytes.length })
    expect(news(update)).toEqual([])
  })

  it.each([
    ['is shorter', 1],
    ['is longer again', 40],
  ])('is read anew when the upstream made a new one that %s', async (_what, pushes) => {
    for (let i = 0; i < 5; i++) stage.org.push('demo', `1.${i}`)
    const before = await read(null)
    stage.time += 1000
    for (let i = 0; i < pushes; i++) stage.org.push(`new${i}`, '1.0')
    stage.org.rebuildIndex()
    const after = await read(before.copy)
    expect(after).toMatchObject({ change: 'replaced', newFrom: 0 })
    expect(news(after)[0]).toBe('demo +1.0/ruby +1.1/ruby +1.2/ruby +1.3/ruby +1.4/ruby')
    expect(after.copy).toEqual((await read(null)).copy)
  })

  it('is read anew when the copy was spoilt', async () => {
    const before = await read(null)
    stage.org.push('rack', '3.2')
    const bytes = Buffer.from(before.copy.bytes)
    bytes[30] = (bytes[30] ?? 0) ^ 1
    expect(await read({ bytes, etag: null })).toMatchObject({ change: 'replaced', newFrom: 0 })
    expect((await read({ bytes, etag: null })).copy).toEqual((await read(null)).copy)
  })

  it.each<[string, (truth: OrgAnswer) => OrgAnswer]>([
    ['has no digest', (truth) => without(truth, 'Repr-Digest')],
    [
      'has another digest',
      (truth) => ({ ...truth, headers: { ...truth.headers, 'Repr-Digest': 'sha-256=:AAAA:' } }),
    ],
    ['is another text', (truth) => ({ ...truth, body: 'xxx' })],
    ['is empty', (truth) => ({ ...truth, body: '' })],
  ])('does not take an end on trust that %s', async (_what, tamper) => {
    const before = await read(null)
    stage.org.push('rack', '3.2')
    stage.org.fail((_, truth) => tamper(truth), { times: 1 })
    const after = await read(before.copy)
    // All of it was read, and what was there before is still at its beginning.
    expect(after).toMatchObject({ change: 'appended', newFrom: before.copy.bytes.length })
    expect(news(after)).toEqual(['rack +3.2/ruby'])
    expect(stage.org.count()).toBe(3)
  })

  it('does with a host that knows neither ranges nor digests', async () => {
    stage.org.fail((_, truth) => {
      const whole = stage.org.releases.map(({ number }) => `rails ${number} ${'0'.repeat(32)}\n`).join('')
      return { ...truth, status: 200, headers: {}, body: `---\n${whole}` }
    })
    const before = await read(null)
    expect(before).toMatchObject({ change: 'replaced', copy: { etag: null } })
    stage.org.push('rails', '8.1.4')
    expect(news(await read(before.copy))).toEqual(['rails +8.1.4/ruby'])
  })

  it.each<[string, OrgAnswer | ((truth: OrgAnswer) => OrgAnswer)]>([
    ['a wrong digest', (truth) => ({ ...truth, headers: { 'Repr-Digest': 'sha-256=:AAAA:' } })],
    ['half of it', (truth) => ({ ...truth, headers: {}, body: truth.body.slice(0, -3) })],
    ['nothing', { status: 200, headers: {}, body: '' }],
    ['no index', { status: 200, headers: {}, body: '{"error":"x"}\n' }],
    ['a web page', faults.webPage],
    ['a part that nobody asked for', (truth) => ({ ...truth, status: 206 })],
    ['204', { status: 204, headers: {}, body: '' }],
  ])('is unavailable when the whole arrives as %s', async (_what, fault) => {
    stage.org.fail(typeof fault === 'function' ? (_, truth) => fault(truth) : fault)
    expect(problem(await rubygems.versionsIndex(null)).code).toBe('unavailable')
  })

  it('is tried again, and fails as everything does', async () => {
    stage.org.fail('cut', { times: 2 })
    expect((await read(null)).change).toBe('replaced')
    stage.org.fail({ status: 404, headers: {}, body: '' })
    expect(problem(await rubygems.versionsIndex(null)).code).toBe('not_found')
  })
})

function without({ headers, ...truth }: OrgAnswer, name: string): OrgAnswer {
  return { ...truth, headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)) }
}

describe('info', () => {
  it('is a gem’s releases that are not yanked', async () => {
    const runtime = [{ name: 'rack', requirements: '>= 2.2.4, < 4' }]
    const java = stage.org.push('demo', '1.1', { platform: 'java', facts: { dependencies: { runtime } } })
    stage.org.push('demo', '1.0')
    stage.org.yank('demo', '1.0')
    expect(value(await rubygems.info('demo'))).toEqual([
      {
        number: '1.1',
        platform: 'java',
        sha: java.sha,
        createdAt: start,
        ruby: '>= 3.2.0',
        rubygems: null,
        dependencies: [{ name: 'rack', requirements: ['>= 2.2.4', '< 4'] }],
      },
    ])
  })

  it('is asked for under a condition the second time', async () => {
    const first = value(await rubygems.info('rails'))
    expect(value(await rubygems.info('rails'))).toEqual(first)
    expect(stage.org.requests.all[1]?.headers['if-none-match']).toMatch(/^"/)
  })

  it('is not found for an unknown gem', async () => {
    expect(problem(await rubygems.info('nothing'))).toMatchObject({
      code: 'not_found',
      text: 'This gem could not be found',
    })
  })

  it('is unavailable when it arrives damaged', async () => {
    stage.org.fail((_, truth) => ({ ...truth, body: `${truth.body}x` }))
    expect(problem(await rubygems.info('rails'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('damaged'),
    })
  })
})

describe('the fixtures', () => {
  it('compact-index-versions.txt is read', () => {
    expect([...versionsLines(fixture('compact-index-versions.txt'))]).toEqual([
      {
        gemName: 'gemherald-demo',
        pushed: [
          { number: '1.4.1', platform: 'ruby' },
          { number: '1.4.2', platform: 'ruby' },
          { number: '1.4.3', platform: 'java' },
        ],
        yanked: [],
        infoChecksum: '00112233445566778899aabbccddeeff',
      },
      {
        gemName: 'gemherald-demo',
        pushed: [],
        yanked: [{ number: '1.4.2', platform: 'ruby' }],
        infoChecksum: 'ffeeddccbbaa99887766554433221100',
      },
      {
        gemName: 'gemherald-demo',
        pushed: [{ number: '1.5.0.rc1', platform: 'ruby' }],
        yanked: [],
        infoChecksum: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      },
    ])
  })

  it('compact-index-info.txt is read', () => {
    const lines = [...infoLines(fixture('compact-index-info.txt'))]
    expect(lines.map(({ number, platform }) => `${number} ${platform}`)).toEqual([
      '1.4.1 ruby',
      '1.4.3 java',
      '1.5.0.rc1 ruby',
    ])
    expect(lines[1]).toEqual({
      number: '1.4.3',
      platform: 'java',
      sha: '04f467c05ae99e953891a1fd630f23c9d1660f2ee8114267ba43b92c4a9e4d67',
      createdAt: Date.parse('2026-09-01T08:30:00Z'),
      ruby: '>= 3.1',
      rubygems: '>= 3.3.22',
      dependencies: [{ name: 'rack', requirements: ['< 4', '>= 2.2.4'] }],
    })
    expect(lines[2]).toMatchObject({ ruby: null, rubygems: null, dependencies: [] })
  })
})

const md5 = createHash('md5').update('').digest('hex')

describe('lines', () => {
  it.each([
    ['no checksum', 'rails 1.0'],
    ['a checksum that is none', 'rails 1.0 xyz'],
    ['too much', `rails 1.0 ${md5} more`],
    ['no gem’s name', `../rails 1.0 ${md5}`],
    ['nothing', ''],
  ])('of versions with %s are left out', (_what, line) => {
    expect([...versionsLines(Buffer.from(`---\n${line}\nrack 1.0 ${md5}\n`))]).toMatchObject([
      { gemName: 'rack' },
    ])
  })

  it('of versions leave out what is no release', () => {
    const [line] = versionsLines(Buffer.from(`---\nrails 1.0,x,2.0-,-,--1,3.0-a/b,-4.0-java ${md5}\n`))
    expect(line).toMatchObject({
      pushed: [{ number: '1.0', platform: 'ruby' }],
      yanked: [{ number: '4.0', platform: 'java' }],
    })
  })

  it('before the end of the head are none', () => {
    expect([...versionsLines(Buffer.from(`rails 1.0 ${md5}\n`))]).toEqual([])
    expect([...infoLines(Buffer.from('1.0 |checksum:x\n'))]).toEqual([])
  })

  it('of info may lack everything but the number', () => {
    expect([...infoLines(Buffer.from('---\n1.0 |\n1.1 a:>= 1\n 2.0 |\n1.2|\nx |\n'))]).toEqual([
      {
        number: '1.0',
        platform: 'ruby',
        sha: null,
        createdAt: null,
        ruby: null,
        rubygems: null,
        dependencies: [],
      },
    ])
  })

  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(
        fc.oneof(fc.string(), fc.constantFrom('---\n', '\n', ' ', '|', ',', '-', ':', '1.0', 'rails', md5)),
        {
          maxLength: 60,
        },
      )
      .map((parts) => Buffer.from(parts.join(''))),
  )

  it('can be made of anything, and give only releases', () => {
    fc.assert(
      fc.property(hostile, fc.nat(50), (bytes, from) => {
        const releases = [
          ...infoLines(bytes),
          ...[...versionsLines(bytes, from)].flatMap(({ pushed, yanked }) => [...pushed, ...yanked]),
        ]
        for (const { number, platform } of releases) {
          expect(number).toMatch(/^[0-9]+(\.[0-9A-Za-z]+)*$/)
          expect(platform).toMatch(/^[A-Za-z0-9._-]+$/)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
