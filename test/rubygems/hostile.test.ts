import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isGemName, wireBody } from '../../src/payload.js'
import type { Rubygems } from '../../src/rubygems/client.js'
import { readJson } from '../../src/rubygems/read-json.js'
import type { UpstreamResult } from '../../src/rubygems/result.js'
import * as schemas from '../../src/rubygems/schemas.js'
import { isVersion } from '../../src/version.js'
import { faults, type OrgFault } from '../helpers/rubygems-org.js'
import { fixture, jsonAnswer, problem, type Stage, setStage, start, value } from './stage.js'

let stage: Stage
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  const { key } = stage.org.addAccount('ada')
  stage.org.push('rails', '8.1.3')
  rubygems = stage.client({ apiKey: key })
})

afterEach(() => stage.close())

/** Every read that answers JSON. */
const reads: [string, () => Promise<UpstreamResult<unknown>>][] = [
  ['gem', () => rubygems.gem('rails')],
  ['versions', () => rubygems.versions('rails')],
  ['latestVersion', () => rubygems.latestVersion('rails')],
  ['release', () => rubygems.release({ name: 'rails', number: '8.1.3' })],
  ['search', () => rubygems.search('rails')],
  ['ownGems', () => rubygems.ownGems()],
  ['gemsOf', () => rubygems.gemsOf('ada')],
  ['ownersOf', () => rubygems.ownersOf('rails')],
  ['reverseDependencies', () => rubygems.reverseDependencies('rails')],
  ['downloads', () => rubygems.downloads()],
  ['versionDownloads', () => rubygems.versionDownloads('rails-8.1.3')],
  ['profile', () => rubygems.profile('ada')],
  ['newestGems', () => rubygems.newestGems()],
  ['justUpdated', () => rubygems.justUpdated()],
  ['webHooks.list', () => rubygems.webHooks.list()],
  [
    'timeframe',
    async () => {
      for await (const page of rubygems.timeframe({ from: start, to: start })) return page
      throw new Error('nothing came')
    },
  ],
]

const nonsense: [string, OrgFault][] = [
  ['a web page', faults.webPage],
  ['garbage', faults.garbage],
  ['half of the JSON', faults.halfTheBody],
  ['nothing', jsonAnswer('')],
  ['null', jsonAnswer('null')],
  ['a number', jsonAnswer('7')],
  ['a text', jsonAnswer('"rails"')],
  ['a list of nulls', jsonAnswer('[null]')],
  ['an object of wrong types', jsonAnswer('{"name":7,"version":[],"total":"x","id":{},"a":7}')],
  ['bytes that are not UTF-8', jsonAnswer(Buffer.from([0x22, 0xff, 0x22]))],
  ['JSON without end', jsonAnswer('['.repeat(200_000))],
  ['deep JSON', jsonAnswer(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)],
  ['204', { status: 204, headers: {}, body: '' }],
]

describe.each(nonsense)('%s', (what, fault) => {
  it.each(reads)('is no answer to %s', async (name, read) => {
    stage.org.fail(fault)
    const result = await read()
    // A profile without any key is a profile, as far as anybody can tell.
    if (name === 'profile' && what === 'an object of wrong types') return expect(result.ok).toBe(true)
    expect(problem(result)).toMatchObject({ code: 'unavailable' })
    // Asked again it would be the same.
    expect(stage.org.count()).toBe(1)
  })
})

describe('a huge answer', () => {
  it('is not read beyond 16 MiB', async () => {
    stage.org.fail(jsonAnswer(Buffer.alloc(17 * 1024 * 1024, ' ')))
    const failed = problem(await rubygems.gem('rails'))
    expect(failed).toMatchObject({ code: 'unavailable', message: expect.stringContaining('16777216 bytes') })
    expect(stage.org.count()).toBe(1)
  })

  it('to a write is cut, and means what it means', async () => {
    stage.org.fail({ status: 201, headers: {}, body: 'x'.repeat(100_000) })
    expect(value(await rubygems.webHooks.create({ gemName: 'rails', url: 'http://a.example' }))).toHaveLength(
      65_536,
    )
  })
})

describe('keys', () => {
  it('may all be null, but for name and number', async () => {
    const facts = JSON.parse(String(fixture('api-v2-version-rails.json')))
    for (const key of Object.keys(facts)) if (key !== 'name' && key !== 'version') facts[key] = null
    stage.org.fail(jsonAnswer(JSON.stringify(facts)))
    expect(value(await rubygems.release({ name: 'rails', number: '8.1.3.1' }))).toMatchObject({
      name: 'rails',
      version: '8.1.3.1',
      platform: 'ruby',
      yanked: false,
      sha: null,
      createdAt: null,
    })
  })

  it.each<[string, string, unknown]>([
    [
      'versions',
      '[{"number":"1.0","platform":null,"prerelease":null,"created_at":null}]',
      [expect.objectContaining({ platform: 'ruby', prerelease: false, createdAt: null })],
    ],
    [
      'ownersOf',
      '[{"id":null,"handle":null,"email":null,"role":null}]',
      [{ id: null, handle: null, email: null, role: null }],
    ],
    ['profile', '{"id":null,"handle":null}', { id: null, handle: null, email: null }],
    ['latestVersion', '{"version":null}', null],
    [
      'webHooks.list',
      '{"rails":null,"rack":[{"url":"http://a.example","failure_count":null}]}',
      [{ gemName: 'rack', url: 'http://a.example', failureCount: 0 }],
    ],
  ])('may be null in %s', async (name, body, expected) => {
    stage.org.fail(jsonAnswer(body))
    const read = reads.find(([title]) => title === name)?.[1]
    expect(value((await read?.()) as UpstreamResult<unknown>)).toEqual(expected)
  })

  it('that nobody knows are kept among the facts', async () => {
    stage.org.fail(jsonAnswer('{"name":"rails","version":"1.0","attested":true}'))
    expect(value(await rubygems.gem('rails')).facts).toMatchObject({ attested: true })
  })

  it('that nobody knows may not be nested without end', async () => {
    stage.org.fail(jsonAnswer(`{"name":"rails","version":"1.0","info":${'['.repeat(40)}${']'.repeat(40)}}`))
    expect(problem(await rubygems.gem('rails')).message).toContain('nested deeper than 32 levels')
  })

  it.each([
    ['name', '"../x"'],
    ['name', '"5"'],
    ['version', '"1.0\\n2.0"'],
    ['version', '"a"'],
    ['platform', '"a b"'],
    ['platform', '7'],
    ['yanked', '"no"'],
  ])('%s that matter must be right: %s', async (key, json) => {
    stage.org.fail(jsonAnswer(`{"name":"rails","version":"1.0","${key}":${json}}`))
    expect(problem(await rubygems.gem('rails')).message).toContain(`"${key}" is wrong`)
  })

  it.each<[string, string]>([
    ['search', '[{"name":"rails","version":"1.0"},{"name":"rails","version":"1.0","platform":"x86 linux"}]'],
    ['justUpdated', '[null,{"name":"../x","version":"1.0"},{"name":"rails","version":"1.0"}]'],
    ['versions', '[{"number":null},{"number":"1.0"}]'],
  ])('that are wrong in one row of %s do not hide the others', async (name, body) => {
    stage.org.fail(jsonAnswer(body))
    const read = reads.find(([title]) => title === name)?.[1]
    expect(value((await read?.()) as UpstreamResult<unknown>)).toHaveLength(1)
  })

  it('of Object.prototype change nothing', async () => {
    stage.org.fail(jsonAnswer('{"name":"rails","version":"1.0","__proto__":{"sha":"x"},"constructor":7}'))
    const gem = value(await rubygems.gem('rails'))
    expect(gem.sha).toBeNull()
    stage.org.mend()
    stage.org.fail(jsonAnswer('{"__proto__":[{"url":"http://a.example"}],"rails":[]}'))
    expect((await rubygems.webHooks.list()).ok).toBe(true)
    expect(({} as { url?: string }).url).toBeUndefined()
  })
})

describe('readJson', () => {
  const all = [
    schemas.release,
    schemas.releases,
    schemas.releaseRows,
    schemas.versions,
    schemas.latest,
    schemas.hooks,
    schemas.owners,
    schemas.profile,
    schemas.names,
    schemas.downloads,
    schemas.versionDownloads,
  ]
  const answer = (body: string) => ({ status: 200, headers: {}, body: Buffer.from(body), truncated: false })

  it('never throws', () => {
    const near = fc.dictionary(
      fc.constantFrom(
        'name',
        'version',
        'number',
        'platform',
        'yanked',
        'created_at',
        'url',
        'total',
        '__proto__',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('rails', '1.0', 'ruby', true)),
    )
    const json = fc.oneof(fc.jsonValue(), near, fc.array(near)).map((any) => JSON.stringify(any))
    fc.assert(
      fc.property(fc.oneof(json, fc.string()), fc.constantFrom(...all), (body, schema) => {
        const read = readJson<unknown>(answer(body), '/x', schema)
        if (!read.ok) expect(read.problem.code).toBe('unavailable')
      }),
      { numRuns: 2000 },
    )
  })

  it('gives only releases whose name, number and platform can be such, and that can be sent on', () => {
    const facts = fc.record({
      name: fc.oneof(fc.string(), fc.constant('rails')),
      version: fc.oneof(fc.string(), fc.constant('1.0')),
      platform: fc.oneof(fc.string(), fc.constant(null)),
      info: fc.jsonValue(),
    })
    fc.assert(
      fc.property(facts, (any) => {
        const read = readJson(answer(JSON.stringify(any)), '/x', schemas.release)
        if (!read.ok) return
        expect(isGemName(read.value.name) && isVersion(read.value.version)).toBe(true)
        expect(read.value.platform).toMatch(/^[A-Za-z0-9._-]+$/)
        expect(JSON.parse(wireBody(read.value)).name).toBe(read.value.name)
      }),
      { numRuns: 1000 },
    )
  })
})
