import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wireBody } from '../../src/payload.js'
import type { Rubygems } from '../../src/rubygems/client.js'
import type { OrgAccount } from '../helpers/rubygems-org.js'
import { fixture, jsonAnswer, problem, type Stage, setStage, start, value } from './stage.js'

let stage: Stage
let ada: OrgAccount
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  const { org } = stage
  ada = org.addAccount('ada')
  org.addAccount('grace')
  const runtime = [{ name: 'rack', requirements: '>= 2.2.4, < 4' }]
  const development = [{ name: 'rake', requirements: '>= 0' }]
  org.push('rack', '3.2.0', { owners: ['grace'] })
  org.push('demo', '1.0.0', { owners: ['ada', 'grace'] })
  org.push('demo', '2.0.0.beta1')
  org.push('demo', '1.9.0', { facts: { dependencies: { runtime, development } } })
  org.push('demo', '1.9.0', { platform: 'java', facts: { downloads: 70, version_downloads: 7 } })
  org.push('demo', '1.8.5')
  org.push('early', '0.1.0.alpha', { facts: { dependencies: { runtime: [], development: runtime } } })
  org.push('gone', '1.0')
  org.yank('gone', '1.0')
  rubygems = stage.client({ apiKey: ada.key })
})

afterEach(() => stage.close())

const ids = (releases: { version: string; platform: string; name: string }[]) =>
  releases.map(({ name, version, platform }) => `${name} ${version} ${platform}`)

describe('gem', () => {
  it('is the most recent version, with what a webhook would say', async () => {
    const gem = value(await rubygems.gem('demo'))
    const row = stage.org.releases.find(({ number, platform }) => number === '1.9.0' && platform === 'ruby')
    expect(gem).toMatchObject({
      name: 'demo',
      version: '1.9.0',
      platform: 'ruby',
      yanked: false,
      sha: row?.sha,
      createdAt: start,
    })
    expect(gem.facts).toEqual(row && stage.org.payloadOf(row))
    expect(Object.keys(JSON.parse(wireBody(gem)))).toHaveLength(24)
  })

  it.each(['nothing', 'gone'])(
    'is not found when there is no such one, or all is yanked (%s)',
    async (name) => {
      expect(problem(await rubygems.gem(name))).toMatchObject({
        code: 'not_found',
        status: 404,
        text: 'This rubygem could not be found.',
      })
    },
  )

  it('may have dots in its name', async () => {
    stage.org.push('ruby.ruby', '1.0')
    expect(value(await rubygems.gem('ruby.ruby')).name).toBe('ruby.ruby')
  })
})

describe('versions', () => {
  it('are all that are not yanked, highest first, platforms apart', async () => {
    stage.org.yank('demo', '1.0.0')
    const versions = value(await rubygems.versions('demo'))
    expect(versions.map(({ number, platform, prerelease }) => [number, platform, prerelease])).toEqual([
      ['2.0.0.beta1', 'ruby', true],
      ['1.9.0', 'java', false],
      ['1.9.0', 'ruby', false],
      ['1.8.5', 'ruby', false],
    ])
    expect(versions[0]).toMatchObject({ createdAt: start, sha: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(Object.keys(versions[0]?.facts ?? {})).toHaveLength(16)
  })

  it('are not found for an unknown gem', async () => {
    expect(problem(await rubygems.versions('nothing')).code).toBe('not_found')
  })
})

describe('latestVersion', () => {
  it.each([
    ['demo', '1.9.0'],
    ['early', '0.1.0.alpha'],
    ['gone', null],
    ['nothing', null],
  ])('of %s is %s', async (name, number) => {
    expect(value(await rubygems.latestVersion(name))).toBe(number)
  })
})

describe('release', () => {
  it('is that of platform ruby unless told, which is always said', async () => {
    const number = '1.9.0'
    expect(value(await rubygems.release({ name: 'demo', number })).platform).toBe('ruby')
    const java = value(await rubygems.release({ name: 'demo', number, platform: 'java' }))
    expect(java).toMatchObject({ version: number, platform: 'java', yanked: false, createdAt: start })
    expect(Object.keys(java.facts)).toHaveLength(34)
    expect(stage.org.requests.all.map(({ query }) => query.get('platform'))).toEqual(['ruby', 'java'])
  })

  it.each([
    ['an unknown gem', 'nothing', '1.0', 'This gem could not be found'],
    ['an unknown number', 'demo', '9.9', 'This version could not be found.'],
    ['a yanked one', 'gone', '1.0', 'This version could not be found.'],
  ])('is not found for %s', async (_what, name, number, text) => {
    expect(problem(await rubygems.release({ name, number }))).toMatchObject({ code: 'not_found', text })
  })
})

describe('search', () => {
  it('finds gems, page by page, until there is nothing more', async () => {
    for (let i = 10; i < 45; i++) stage.org.push(`many${i}`, '1.0')
    const pages = [1, 2, 3].map((page) => rubygems.search('many', page))
    expect((await Promise.all(pages)).map((page) => value(page).length)).toEqual([30, 5, 0])
    expect(ids(value(await rubygems.search('demo')))).toEqual(['demo 1.9.0 ruby'])
  })

  it('keeps the upstream’s words about a query that it does not like', async () => {
    expect(problem(await rubygems.search('updated:[1 TO 2]'))).toMatchObject({
      code: 'invalid',
      status: 400,
      text: 'Invalid search query. Please simplify your search and try again.',
    })
  })

  it.each([
    ['', 1],
    [' ', 1],
    ['rails', 0],
    ['rails', 1001],
    ['rails', 1.5],
    ['rails', Number.NaN],
  ])('asks nothing for %j, page %d', async (query, page) => {
    expect(problem(await rubygems.search(query, page))).toMatchObject({ code: 'invalid', status: null })
    expect(stage.org.count()).toBe(0)
  })

  it('takes any text for a query', async () => {
    expect(value(await rubygems.search('a&page=7#é%"'))).toEqual([])
    expect(stage.org.requests.all[0]?.query.get('query')).toBe('a&page=7#é%"')
  })
})

describe('autocomplete', () => {
  const path = '/api/v1/search/autocomplete.json'

  it('gives names, and takes any text', async () => {
    stage.org.fail(jsonAnswer('["demo","demo2"]'))
    expect(value(await rubygems.autocomplete('de&m=1'))).toEqual(['demo', 'demo2'])
    const [request] = stage.org.requests.all
    expect(request).toMatchObject({ method: 'GET', path })
    expect(request?.query.get('query')).toBe('de&m=1')
    expect(request?.headers.authorization).toBeUndefined()
  })

  it('asks nothing for nothing', async () => {
    expect(problem(await rubygems.autocomplete(' '))).toMatchObject({ code: 'invalid', status: null })
    expect(stage.org.count()).toBe(0)
  })
})

describe('people', () => {
  it('own gems, which their key lists', async () => {
    expect(ids(value(await rubygems.ownGems()))).toEqual(['demo 1.9.0 ruby'])
    expect(problem(await stage.client({ apiKey: 'wrong' }).ownGems())).toMatchObject({
      code: 'unauthorized',
      text: 'Access Denied. Please sign up for an account at https://rubygems.org',
    })
  })

  it('own gems, which everybody may list, by handle and id', async () => {
    for (const user of ['grace', '2'])
      expect(ids(value(await rubygems.gemsOf(user)))).toEqual(['rack 3.2.0 ruby', 'demo 1.9.0 ruby'])
    expect(problem(await rubygems.gemsOf('nobody')).text).toBe('Owner could not be found.')
  })

  it('are owners', async () => {
    expect(value(await rubygems.ownersOf('demo'))).toEqual([
      { id: 1, handle: 'ada', email: null, role: 'owner' },
      { id: 2, handle: 'grace', email: null, role: 'owner' },
    ])
    expect(problem(await rubygems.ownersOf('nothing')).code).toBe('not_found')
  })

  it('have profiles', async () => {
    expect(value(await rubygems.profile('ada'))).toEqual({ id: 1, handle: 'ada', email: null })
    expect(problem(await rubygems.profile('nobody'))).toMatchObject({ code: 'not_found', text: 'Not Found' })
  })
})

describe('reverseDependencies', () => {
  it('are names, of one kind or both', async () => {
    stage.org.yank('demo', '2.0.0.beta1')
    stage.org.yank('demo', '1.9.0', 'java')
    expect(value(await rubygems.reverseDependencies('rack'))).toEqual(['demo', 'early'])
    expect(value(await rubygems.reverseDependencies('rack', 'runtime'))).toEqual(['demo'])
    expect(value(await rubygems.reverseDependencies('rack', 'development'))).toEqual(['early'])
    expect(problem(await rubygems.reverseDependencies('nothing')).code).toBe('not_found')
  })
})

describe('downloads', () => {
  it('are of everything, or of a release and its gem', async () => {
    expect(value(await rubygems.downloads())).toBe(4 * 1167)
    expect(value(await rubygems.versionDownloads('demo-1.9.0-java'))).toEqual({ total: 70, version: 7 })
    expect(problem(await rubygems.versionDownloads('demo-9')).code).toBe('not_found')
  })
})

describe('activity', () => {
  it('shows the newest gems that have a release', async () => {
    expect(ids(value(await rubygems.newestGems()))).toEqual(['demo 1.9.0 ruby', 'rack 3.2.0 ruby'])
  })

  it('shows the newest versions of gems that were there before', async () => {
    expect(ids(value(await rubygems.justUpdated()))[0]).toBe('demo 1.8.5 ruby')
    expect(value(await rubygems.justUpdated())).toHaveLength(5)
  })
})

describe('names that nothing can have', () => {
  const bad = ['', '.', '..', '../../admin', 'a/b', 'a b', 'a%2fb', 'é', 'a?b', 'a#b', 'x'.repeat(800), 'a\n']

  it.each(bad)('are not asked about: %j', async (text) => {
    const asks = [
      rubygems.gem(text),
      rubygems.versions(text),
      rubygems.latestVersion(text),
      rubygems.release({ name: text, number: '1.0' }),
      rubygems.release({ name: 'rails', number: text }),
      rubygems.release({ name: 'rails', number: '1.0', platform: text }),
      rubygems.gemsOf(text),
      rubygems.ownersOf(text),
      rubygems.reverseDependencies(text),
      rubygems.versionDownloads(text),
      rubygems.profile(text),
      rubygems.info(text),
    ]
    const results = await Promise.all(asks)
    // A platform may be dots.
    const refused = results.filter((result) => !result.ok && result.problem.code === 'invalid')
    expect(refused.length).toBeGreaterThanOrEqual(results.length - (/^\.+$/.test(text) ? 1 : 0))
    expect(stage.org.count(/\.\.\/|admin/)).toBe(0)
  })
})

describe('the fixtures', () => {
  const answered = async <T>(file: string, ask: () => Promise<T>) => {
    stage.org.mend()
    stage.org.fail(jsonAnswer(fixture(file)))
    return ask()
  }
  const rails = {
    name: 'rails',
    version: '8.1.3.1',
    platform: 'ruby',
    yanked: false,
    sha: 'ccd11a36bfc171bf9c66d585d14c0ece91c0c9dde840aae60c0118d6f5c9c52a',
  }
  const createdAt = Date.parse('2026-07-29T15:02:41.060Z')

  it.each<[string, () => Promise<unknown>, unknown]>([
    ['api-gem-rails.json', () => rubygems.gem('rails'), { ...rails, createdAt }],
    [
      'api-v2-version-rails.json',
      () => rubygems.release({ name: 'rails', number: '8.1.3.1' }),
      { ...rails, createdAt },
    ],
    ['api-search-rails.json', () => rubygems.search('rails'), [{ ...rails, createdAt: null }]],
    ['api-versions-latest.json', () => rubygems.latestVersion('rails'), '8.1.3.1'],
    ['api-versions-latest-unknown.json', () => rubygems.latestVersion('rails'), null],
    [
      'api-versions-coulda.json',
      () => rubygems.versions('coulda'),
      [{ number: '0.7.1', platform: 'ruby', createdAt: Date.parse('2011-08-08T21:23:40.254Z') }],
    ],
    [
      'api-versions-rails.json',
      () => rubygems.versions('rails'),
      [
        { number: '8.2.0.beta1', prerelease: true },
        { number: '8.1.3.1', prerelease: false },
      ],
    ],
    [
      'api-owners.json',
      () => rubygems.ownersOf('rails'),
      [
        { id: 1, handle: 'qrush', email: 'nick@quaran.to', role: 'owner' },
        { id: 7644, handle: 'gemcutter', email: null, role: 'maintainer' },
        { id: 90210, handle: null, email: null, role: 'owner' },
      ],
    ],
    [
      'api-profile.json',
      () => rubygems.profile('qrush'),
      { id: 1, handle: 'qrush', email: 'nick@quaran.to' },
    ],
    [
      'api-reverse_dependencies.json',
      () => rubygems.reverseDependencies('rake'),
      ['jeweler', 'rubigen', 'verhoeff', 'vanilla', 'soup'],
    ],
    ['api-downloads.json', () => rubygems.downloads(), 461672727],
    [
      'api-downloads-show.json',
      () => rubygems.versionDownloads('rails-8.1.3.1'),
      { total: 769153204, version: 78333 },
    ],
    ['api-timeframe_versions.json', () => rubygems.justUpdated(), [{ ...rails, createdAt }]],
    [
      'web_hooks.json',
      () => rubygems.webHooks.list(),
      [
        { gemName: 'rails', url: 'https://gemherald.example/hooks/rubygems/6f1c', failureCount: 0 },
        { gemName: 'nokogiri', url: 'https://gemherald.example/hooks/rubygems/6f1c', failureCount: 3 },
        { gemName: 'nokogiri', url: 'http://example.com/old?token=a&b=c', failureCount: 31 },
        { gemName: '*', url: 'http://gemwhisperer.heroku.com', failureCount: 1 },
      ],
    ],
    ['web_hooks-empty.json', () => rubygems.webHooks.list(), []],
    ['webhook-payload-nulls.json', () => rubygems.gem('rails'), { yanked: false, sha: null }],
    [
      'webhook-payload-odd-types.json',
      () => rubygems.gem('rails'),
      { facts: { licenses: expect.anything() } },
    ],
  ])('%s is read', async (file, ask, expected) => {
    expect(await answered(file, ask)).toMatchObject({ ok: true, value: expected })
  })

  it('api-error-dependencies-gone.json gives its text', async () => {
    stage.org.fail(jsonAnswer(fixture('api-error-dependencies-gone.json'), 404))
    expect(problem(await rubygems.gem('rails')).text).toMatch(/^The dependency API has gone away/)
  })
})

describe('retired endpoints', () => {
  it.each([
    ['daily_downloads', 'downloads/NAME-NUMBER'],
    ['unyank', 'push the gem with a higher number'],
    ['api_key', 'https://rubygems.org/profile/api_keys'],
    ['dependencies', '/info/NAME'],
  ] as const)('%s is gone, with what to use instead, and not asked', (endpoint, instead) => {
    const failed = problem(rubygems.retired(endpoint))
    expect(failed).toMatchObject({ code: 'gone', status: null, message: expect.stringContaining(instead) })
    expect(stage.org.count()).toBe(0)
  })
})
