import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../helpers/temp-ledger.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeEach(async () => {
  api = await openStage()
  api.push('rails', '1.0.0', minutesAgo(9))
  api.push('rails', '1.1.0', minutesAgo(8), { platform: 'java' })
})

afterEach(() => api.close())

const publicly = 'max-age=60, public'
const privately = 'max-age=0, private, must-revalidate'
const routes: [path: string, cacheControl: string][] = [
  ['/api/v1/gems/rails.json', publicly],
  ['/api/v1/gems/rails.yaml', publicly],
  ['/api/v1/versions/rails.json', publicly],
  ['/api/v1/versions/rails.yaml', publicly],
  ['/api/v1/versions/rails/latest.json', publicly],
  ['/api/v2/rubygems/rails/versions/1.0.0.json', publicly],
  ['/api/v2/rubygems/rails/versions/1.1.0.yaml?platform=java', publicly],
  ['/api/v1/activity/just_updated.json', publicly],
  ['/api/v1/activity/latest.yaml', publicly],
  [`/api/v1/timeframe_versions.json?from=${new Date(minutesAgo(60)).toISOString()}`, privately],
  ['/api/v1/search.json?query=rails', privately],
]
const conditional = routes.map(([path]) => path).filter((path) => /versions\/rails\.|v2/.test(path))

describe('caching', () => {
  it.each(routes)('of %s goes by ETag', async (path, cacheControl) => {
    const first = await api.ask(path)
    expect(first.status).toBe(200)
    expect(first.headers).toMatchObject({
      'Cache-Control': cacheControl,
      ETag: expect.stringMatching(/^W\/"[0-9a-f]{32}"$/),
    })
    const etag = first.headers.ETag ?? ''
    for (const held of [etag, `"x", ${etag}`, etag.slice(2), '*', ` ${etag} ,"y"`]) {
      const again = await api.ask(path, { 'If-None-Match': held })
      expect([again.status, again.body]).toEqual([304, ''])
      expect(again.headers).toMatchObject({ 'Cache-Control': cacheControl, ETag: etag })
      expect(again.headers).not.toHaveProperty('Content-Type')
    }
    for (const other of ['"x"', '', etag.slice(0, -2), 'W/'])
      expect((await api.ask(path, { 'If-None-Match': other })).body).toBe(first.body)
  })

  it.each(routes)('of %s answers HEAD like GET, without the body', async (path) => {
    const [get, head] = await Promise.all([api.ask(path), api.ask(path, {}, 'HEAD')])
    expect(head).toEqual({ ...get, body: '' })
    expect((await api.ask(path, { 'If-None-Match': get.headers.ETag ?? '' }, 'HEAD')).status).toBe(304)
  })

  it.each(routes)('of %s ends when a release is pushed', async (path) => {
    const { ETag: etag = '' } = (await api.ask(path)).headers
    api.push('rails', '1.2.0', minutesAgo(1), { info: 'other' })
    api.push('rails', '1.2.0', minutesAgo(1), { info: 'other', platform: 'java' })
    expect((await api.ask(path, { 'If-None-Match': etag })).status).toBe(200)
  })

  it('tells platforms, formats and gems apart', async () => {
    api.push('other', '1.0.0', minutesAgo(8))
    api.push('rails', '1.0.0', minutesAgo(7), { platform: 'java' })
    const v2 = '/api/v2/rubygems/rails/versions/1.0.0'
    const paths = [
      ...conditional,
      '/api/v1/versions/other.json',
      `${v2}.json?platform=ruby`,
      `${v2}.json?platform=java`,
    ]
    const etags = await Promise.all(paths.map(async (path) => (await api.ask(path)).headers.ETag))
    expect(new Set(etags).size).toBe(paths.length)
  })

  it.each(conditional)('of %s goes by Last-Modified, too', async (path) => {
    const { 'Last-Modified': modified = '' } = (await api.ask(path)).headers
    expect(Date.parse(modified)).toBe(testTime)
    expect((await api.ask(path, { 'If-Modified-Since': modified })).status).toBe(304)
    expect(
      (await api.ask(path, { 'If-Modified-Since': new Date(testTime - 1000).toUTCString() })).status,
    ).toBe(200)
    expect((await api.ask(path, { 'If-Modified-Since': 'some time ago' })).status).toBe(200)
    // The tag says more than the time.
    expect((await api.ask(path, { 'If-Modified-Since': modified, 'If-None-Match': '"x"' })).status).toBe(200)

    api.temp.arrive({ name: 'rails', version: '1.3.0' }, testTime + 5500)
    const later = await api.ask(path, { 'If-Modified-Since': modified })
    expect(later.status).toBe(200)
    const { 'Last-Modified': now = '' } = later.headers
    expect(Date.parse(now)).toBe(testTime + 5000)
    expect((await api.ask(path, { 'If-Modified-Since': now })).status).toBe(304)
  })

  it('never keeps a refusal', async () => {
    for (const path of [
      'gems/x.json',
      'versions/x.json',
      'search.json',
      'timeframe_versions.json',
      'search.json?page=0',
    ]) {
      const { headers } = await api.ask(`/api/v1/${path}`, { 'If-None-Match': '*' })
      expect(headers['Cache-Control']).toBe('no-cache')
      expect(headers).not.toHaveProperty('ETag')
    }
  })
})
