import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage
beforeEach(async () => {
  api = await openStage()
})
afterEach(() => api.close())

const path = (fullName: string) => `/api/v1/downloads/${fullName}`
const push = (
  name: string,
  version: string,
  version_downloads: unknown,
  changes: Record<string, unknown> = {},
) => api.push(name, version, minutesAgo(1), { downloads: 100, version_downloads, ...changes })
const versionDownloads = async (fullName: string) =>
  ((await api.json(`${path(fullName)}.json`)) as { version_downloads: number }).version_downloads

describe('GET downloads', () => {
  it('answers as upstream does', async () => {
    const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
    push('rails', '8.1.3', 78_333, { downloads: 769_153_204 })
    const json = await api.ask(`${path('rails-8.1.3')}.json`)
    expect(json).toMatchObject({
      status: 200,
      body: fixture('api-downloads-show.json'),
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
    })
    const yaml = await api.ask(`${path('rails-8.1.3')}.yaml`)
    expect(yaml).toMatchObject({
      status: 200,
      body: '---\n:total_downloads: 769153204\n:version_downloads: 78333\n',
      headers: {
        'Content-Type': 'text/plain; charset=utf-8',
        'Cache-Control': 'max-age=0, private, must-revalidate',
      },
    })
    for (const { headers } of [json, yaml])
      expect(headers['Cache-Control']).toBe('max-age=0, private, must-revalidate')
    const etag = yaml.headers.ETag ?? ''
    expect(await api.ask(`${path('rails-8.1.3')}.yaml`, { 'If-None-Match': etag })).toMatchObject({
      status: 304,
      body: '',
    })
  })

  it('finds the release whatever hyphens there are', async () => {
    const releases: [name: string, number: string, platform: string][] = [
      ['a', '1.0', 'ruby'],
      ['a', '1.0', 'java'],
      ['a', '1.0', 'x86_64-linux-gnu'],
      ['a-1', '2.0', 'ruby'],
      ['a-1', '2.0', '3-java'],
      ['a-b-c', '1.0', 'ruby'],
      ['7zip-9-x', '1', 'ruby'],
      ['old', '1.0-beta', 'ruby'],
    ]
    for (const [i, [name, number, platform]] of releases.entries()) push(name, number, i + 1, { platform })
    for (const [i, [name, number, platform]] of releases.entries())
      expect(await versionDownloads(`${name}-${number}${platform === 'ruby' ? '' : `-${platform}`}`)).toBe(
        i + 1,
      )
  })

  it('takes the longest name when there are two', async () => {
    push('a', '1', 1, { platform: '2.0' })
    expect(await versionDownloads('a-1-2.0')).toBe(1)
    push('a-1', '2.0', 2)
    expect(await versionDownloads('a-1-2.0')).toBe(2)
  })

  it('counts those that are yanked, and the gem by what was told last', async () => {
    push('rails', '1.0', 5)
    push('rails', '2.0', 7, { downloads: 300 })
    expect(await api.json(`${path('rails-1.0')}.json`)).toEqual({
      total_downloads: 300,
      version_downloads: 5,
    })
    api.yank('rails', '1.0', { downloads: 400, version_downloads: 6 })
    expect(await api.json(`${path('rails-1.0')}.json`)).toEqual({
      total_downloads: 400,
      version_downloads: 6,
    })
    expect(await api.json(`${path('rails-2.0')}.json`)).toEqual({
      total_downloads: 400,
      version_downloads: 7,
    })
  })

  it.each<unknown>([undefined, null, '5', -1, 1.5, 1e300, [5], {}])('makes 0 of %j', async (downloads) => {
    push('rails', '1.0', downloads, { downloads })
    expect(await api.json(`${path('rails-1.0')}.json`)).toEqual({ total_downloads: 0, version_downloads: 0 })
  })

  it.each([
    'rails',
    'rails-',
    'rails-1',
    'rails-1.0-java',
    'Rails-1.0',
    '-1.0',
    '1.0',
    'all',
    `${'a-1'.repeat(999)}`,
  ])('does not know %s', async (fullName) => {
    push('rails', '1.0', 1)
    expect(await api.ask(`${path(fullName)}.json`)).toMatchObject({
      status: 404,
      body: 'This rubygem could not be found.',
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    })
  })

  it('leaves other formats and the retired counters to others', async () => {
    push('rails', '1.0', 1)
    for (const other of ['downloads/rails-1.0', 'downloads/rails-1.0.xml', 'downloads.json'])
      expect((await api.ask(`/api/v1/${other}`)).body).toBe('nothing here')
  })
})
