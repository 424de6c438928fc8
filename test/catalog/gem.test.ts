import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { payloadKeys } from '../../src/payload.js'
import { factsOf, webhookFixture, webhookFixtures } from '../helpers/webhooks.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  for (const title of ['ruby', 'platform-java', 'nulls', 'odd-types'])
    api.temp.arrive(JSON.parse(webhookFixture(title).body.toString()))
})

afterAll(() => api.close())

const versionOf = async (name: string) =>
  ((await api.json(`/api/v1/gems/${name}.json`)) as { version: string }).version

describe('GET gems/NAME', () => {
  it.each(webhookFixtures.filter(({ title }) => /^(ruby|platform-java|nulls|odd-types)$/.test(title)))(
    'answers what the webhook $title said, unescaped',
    async ({ name, body }) => {
      const answer = await api.ask(`/api/v1/gems/${name}.json`)
      expect(answer.status).toBe(200)
      expect(answer.body).toBe(JSON.stringify(JSON.parse(body.toString())))
    },
  )

  it('says the same in YAML, as an attachment', async () => {
    const [json, yaml] = await Promise.all([
      api.json('/api/v1/gems/rails.json'),
      api.ask('/api/v1/gems/rails.yaml'),
    ])
    expect(parse(yaml.body, { version: '1.1' })).toEqual(json)
    expect(yaml.body).toContain("\nversion_created_at: '2026-07-29T15:02:41.060Z'\n")
    expect(yaml.headers).toMatchObject({
      'Content-Type': 'text/yaml',
      'Content-Disposition': 'attachment',
      'Content-Transfer-Encoding': 'binary',
    })
  })

  it('has the 24 keys in order, null where the webhook said nothing', async () => {
    const { name, version, sha } = factsOf({ name: 'short' })
    api.temp.arrive({
      ...Object.fromEntries(payloadKeys.map((key) => [key, undefined])),
      name,
      version,
      sha,
      more: 1,
    })
    const gem = (await api.json('/api/v1/gems/short.json')) as Record<string, unknown>
    expect(Object.keys(gem)).toEqual(payloadKeys)
    expect(gem).toMatchObject({ platform: 'ruby', yanked: false, sha, info: null, downloads: null })
    expect(gem.version_created_at).toBe('2026-09-01T12:00:00.000Z')
  })

  it('shows the most recent version: of platform ruby before others, prereleases last', async () => {
    api.push('steps', '3.0.0.rc1', minutesAgo(1))
    expect(await versionOf('steps')).toBe('3.0.0.rc1')
    api.push('steps', '2.1.0', minutesAgo(9), { platform: 'java' })
    expect(await versionOf('steps')).toBe('2.1.0')
    api.push('steps', '1.9.0', minutesAgo(3))
    expect(await versionOf('steps')).toBe('1.9.0')
    api.push('steps', '1.10.0', minutesAgo(8))
    expect(await versionOf('steps')).toBe('1.10.0')
    api.yank('steps', '1.10.0')
    expect(await versionOf('steps')).toBe('1.9.0')
  })

  it('shows a yanked prerelease only beside a live release', async () => {
    api.push('edge', '1.0.0.a', minutesAgo(5))
    api.push('edge', '1.0.0.b', minutesAgo(4))
    api.yank('edge', '1.0.0.b')
    expect(await api.json('/api/v1/gems/edge.json')).toMatchObject({ version: '1.0.0.b', yanked: true })
    api.yank('edge', '1.0.0.a')
    expect(await api.ask('/api/v1/gems/edge.json')).toMatchObject({ status: 404 })
  })

  it.each(['unknown', 'Rails', 'rails.xml', 'all-yanked', '%20', "'%20OR%201=1--"])(
    'does not find %s',
    async (name) => {
      api.yank('all-yanked', '1.0.0')
      for (const suffix of ['.json', '.yaml']) {
        const answer = await api.ask(`/api/v1/gems/${name}${suffix}`)
        expect(answer).toMatchObject({ status: 404, body: 'This rubygem could not be found.' })
        expect(answer.headers['Content-Type']).toBe('text/plain; charset=utf-8')
        expect(answer.headers['Cache-Control']).toBe('no-cache')
      }
    },
  )

  it('finds names with dots, also when they are percent-encoded', async () => {
    api.push('ruby.ruby', '1.0.0', minutesAgo(1))
    api.push('a.json', '1.0.0', minutesAgo(1))
    for (const path of ['ruby.ruby.json', 'ruby.ruby', 'ruby%2Eruby.json', 'ruby.ruby.json/'])
      expect(await api.ask(`/api/v1/gems/${path}`, { Accept: '*/*' })).toMatchObject({ status: 200 })
    expect(await versionOf('a.json')).toBe('1.0.0')
  })

  it.each([
    [{ Accept: '*/*' }, 200, 'application/json; charset=utf-8'],
    [{ Accept: 'application/json' }, 200, 'application/json; charset=utf-8'],
    [{ Accept: 'text/yaml' }, 200, 'text/yaml'],
    [{ Accept: 'application/xml' }, 406, 'application/xml; charset=utf-8'],
    [{ Accept: 'text/html' }, 406, 'text/html; charset=utf-8'],
    [{}, 406, 'text/html; charset=utf-8'],
  ])('without a suffix goes by Accept: %j', async (headers: Record<string, string>, status, type) => {
    const answer = await api.ask('/api/v1/gems/rails', headers)
    expect([answer.status, answer.headers['Content-Type']]).toEqual([status, type])
    if (status === 200) expect(answer.headers.Vary).toBe('Accept')
  })

  it('may be read from pages of other sites', async () => {
    const cors = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET',
      'Access-Control-Max-Age': '1728000',
    }
    for (const name of ['rails', 'unknown'])
      expect((await api.ask(`/api/v1/gems/${name}.json`)).headers).toMatchObject(cors)
    const asked = await api.ask('/api/v1/gems/rails.json', {}, 'OPTIONS')
    expect(asked).toMatchObject({ status: 200, body: '' })
    expect(asked.headers).toMatchObject({
      ...cors,
      'Access-Control-Allow-Headers': 'X-Requested-With, X-Prototype-Version',
    })
    expect((await api.ask('/api/v1/versions/rails.json')).headers).not.toHaveProperty(
      'Access-Control-Allow-Origin',
    )
  })

  it('leaves other methods and paths to others', async () => {
    const others = [
      '/api/v1/gems.json',
      '/api/v1/gems/rails/owners.json',
      '/api/v3/gems/rails.json',
      '/api/v1/gems/',
    ]
    for (const path of others) expect((await api.ask(path)).body).toBe('nothing here')
    for (const method of ['POST', 'DELETE', 'PUT'])
      expect((await api.ask('/api/v1/gems/rails.json', {}, method)).body).toBe('nothing here')
  })
})
