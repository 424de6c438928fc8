import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { webhookFixture } from '../helpers/webhooks.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  for (const title of ['ruby', 'prerelease', 'nulls'])
    api.temp.arrive(JSON.parse(webhookFixture(title).body.toString()), Date.UTC(2026, 8, 3))
  api.push('many', '2.0.0', minutesAgo(9))
  api.push('many', '1.10.0', minutesAgo(2))
  api.push('many', '1.9.0', minutesAgo(1))
  api.push('many', '2.0.0', minutesAgo(8), { platform: 'java' })
  // Heard of last, but pushed first.
  api.push('many', '2.0.0', minutesAgo(10), { platform: 'mswin' })
  api.push('many', '2.1.0.beta', minutesAgo(7))
  api.push('many', '3.0.0', minutesAgo(6))
  api.yank('many', '3.0.0')
  api.push('pre', '1.0.0.a', minutesAgo(5))
  api.push('pre', '1.0.0.b', minutesAgo(4))
  api.yank('pre', '1.0.0.b')
  api.push('other-platform', '1.0.0', minutesAgo(5), { platform: 'java' })
  api.yank('gone', '1.0.0')
})

afterAll(() => api.close())

describe('GET versions/NAME', () => {
  it('lists live versions by number, of one number the newest push first', async () => {
    const versions = (await api.json('/api/v1/versions/many.json')) as { number: string; platform: string }[]
    expect(versions.map(({ number, platform }) => `${number} ${platform}`)).toEqual([
      '2.1.0.beta ruby',
      '2.0.0 java',
      '2.0.0 ruby',
      '2.0.0 mswin',
      '1.10.0 ruby',
      '1.9.0 ruby',
    ])
  })

  it('gives each the 16 keys, null where webhooks do not tell', async () => {
    const [beta] = (await api.json('/api/v1/versions/rails.json')) as Record<string, unknown>[]
    const { authors, info, metadata, licenses, sha, spec_sha } = JSON.parse(
      webhookFixture('prerelease').body.toString(),
    )
    expect(JSON.stringify(beta)).toBe(
      JSON.stringify({
        authors,
        built_at: null,
        created_at: '2026-09-02T11:17:05.318Z',
        description: info,
        downloads_count: 0,
        metadata,
        number: '8.2.0.beta1',
        summary: null,
        platform: 'ruby',
        rubygems_version: null,
        ruby_version: null,
        prerelease: true,
        licenses,
        requirements: null,
        sha,
        spec_sha,
      }),
    )
  })

  it('takes the text that stands for no description for none', async () => {
    expect(await api.json('/api/v1/versions/zz_bare.json')).toMatchObject([{ description: null }])
  })

  it('says the same in YAML', async () => {
    const [json, yaml] = await Promise.all([
      api.json('/api/v1/versions/many.json'),
      api.ask('/api/v1/versions/many.yaml'),
    ])
    expect(yaml.body.slice(0, 30)).toBe('---\n- authors: Ada Example\n  b')
    expect(parse(yaml.body, { version: '1.1' })).toEqual(json)
  })

  it.each(['unknown', 'Many', 'gone'])('does not find %s', async (name) => {
    for (const suffix of ['json', 'yaml'])
      expect(await api.ask(`/api/v1/versions/${name}.${suffix}`)).toMatchObject({
        status: 404,
        body: 'This rubygem could not be found.',
        headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      })
  })

  it('wants a suffix', async () => {
    for (const path of ['many', 'many.xml', 'many/latest', 'many/latest.yaml'])
      expect((await api.ask(`/api/v1/versions/${path}`, { Accept: '*/*' })).body).toBe('nothing here')
  })
})

describe('GET versions/NAME/latest', () => {
  it.each([
    ['rails', '8.1.3.1'],
    ['many', '2.0.0'],
    ['pre', '1.0.0.a'],
    ['other-platform', '1.0.0'],
    ['gone', 'unknown'],
    ['nobody-has-it', 'unknown'],
  ])('answers for %s: %s', async (name, number) => {
    const answer = await api.ask(`/api/v1/versions/${name}/latest.json`)
    expect(answer).toMatchObject({ status: 200, body: `{"version":"${number}"}` })
    expect(answer.headers['Cache-Control']).toBe('max-age=60, public')
  })
})

describe('GET v2 rubygems/NAME/versions/NUMBER', () => {
  const path = '/api/v2/rubygems'

  it('answers gem and version in one', async () => {
    const version = (await api.json(`${path}/rails/versions/8.1.3.1.json?platform=ruby`)) as object
    const gem = JSON.parse(webhookFixture('ruby').body.toString())
    expect(JSON.stringify(version)).toBe(
      JSON.stringify({
        ...gem,
        built_at: null,
        created_at: '2026-07-29T15:02:41.060Z',
        description: gem.info,
        downloads_count: 0,
        number: '8.1.3.1',
        summary: null,
        rubygems_version: null,
        ruby_version: null,
        prerelease: false,
        requirements: null,
      }),
    )
    const yaml = await api.ask(`${path}/rails/versions/8.1.3.1.yaml`)
    expect(parse(yaml.body, { version: '1.1' })).toEqual(version)
  })

  it.each([
    ['2.0.0.json?platform=ruby', 'ruby'],
    ['2.0.0.json?platform=java', 'java'],
    ['2.0.0.json', 'java'],
    ['2.0.0.json?platform=', 'java'],
    ['2%2E0.0.json?platform=ruby&x[]=1', 'ruby'],
  ])('picks the build %s', async (build, platform) => {
    expect(await api.json(`${path}/many/versions/${build}`)).toMatchObject({ number: '2.0.0', platform })
  })

  it.each([
    ['nobody-has-it/versions/1.0.0.json', 'This gem could not be found'],
    ['Many/versions/2.0.0.json', 'This gem could not be found'],
    ['many/versions/9.9.9.json', 'This version could not be found.'],
    ['many/versions/2.0.json', 'This version could not be found.'],
    ['many/versions/2.0.0.json?platform=jruby', 'This version could not be found.'],
    ['many/versions/2.0.0.json?platform[]=java', 'This version could not be found.'],
    ['many/versions/3.0.0.json', 'This version could not be found.'],
    ['gone/versions/1.0.0.json?platform=ruby', 'This version could not be found.'],
    ['gone/versions/1.0.0.yaml', 'This version could not be found.'],
  ])('does not find %s', async (version, body) => {
    expect(await api.ask(`${path}/${version}`)).toMatchObject({ status: 404, body })
  })
})
