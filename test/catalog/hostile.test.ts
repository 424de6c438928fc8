import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { codePoint } from '../helpers/code-point.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  api.push('rails', '1.0.0', minutesAgo(9))
  api.push('rails', '1.1.0', minutesAgo(8), { platform: 'java' })
})

afterAll(() => api.close())

const nasty = fc.oneof(
  fc.constantFrom(
    'rails',
    '1.0.0',
    '__proto__',
    'constructor',
    '..',
    '%',
    '%00',
    '%zz',
    '%ff',
    '%2f',
    '\0',
    "'",
    '*',
    '1',
    '-1',
    '1e9',
    'NaN',
  ),
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 600 }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/),
)
const encoded = fc.oneof(
  nasty.filter((text) => !/\p{Cs}/u.test(text)).map(encodeURIComponent),
  // As it stands, as far as a request can carry it.
  nasty.map((text) => text.replace(/[^\x21\x22\x24-\x3e\x40-\x7e\x80-\xff]/g, '_')),
)
const segment = encoded.map((text) => text.replaceAll('/', '_') || '_')
const route = fc.oneof(
  segment.map((name) => `/api/v1/gems/${name}`),
  segment.map((name) => `/api/v1/versions/${name}`),
  segment.map((name) => `/api/v1/versions/${name}/latest`),
  fc.tuple(segment, segment).map(([name, number]) => `/api/v2/rubygems/${name}/versions/${number}`),
  segment.map((name) => `/api/v1/downloads/${name}`),
  fc.constantFrom(
    '/api/v1/search/autocomplete',
    '/api/v1/activity/latest',
    '/api/v1/activity/just_updated',
    '/api/v1/search',
    '/api/v1/timeframe_versions',
  ),
)
const parameter = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('query', 'page', 'from', 'to', 'platform', 'query[]', 'page[a]', 'from[', '[', 'to]'),
      encoded,
    ),
    encoded,
  )
  .map((pair) => pair.join('='))
const headers = fc.record(
  {
    'If-None-Match': fc.stringMatching(/^[\x21-\x7e ,"*]{0,40}$/),
    'If-Modified-Since': fc.stringMatching(/^[\x21-\x7e ]{0,40}$/),
    Accept: fc.constantFrom('*/*', 'text/yaml', ',;q=', 'application/xml'),
  },
  { requiredKeys: [] },
)

describe('hostile input', () => {
  it('gets a documented answer, whatever is in path, query and headers', async () => {
    const suffix = fc.constantFrom('.json', '.yaml', '', '.xml')
    await fc.assert(
      fc.asyncProperty(
        route,
        suffix,
        fc.array(parameter, { maxLength: 4 }),
        headers,
        async (path, end, query, sent) => {
          const answer = await api.ask(`${path}${end}?${query.join('&')}`, sent as Record<string, string>)
          expect([200, 302, 304, 400, 404, 406], answer.body).toContain(answer.status)
          if (answer.status !== 200) return
          const isYaml = answer.headers['Content-Type'] === 'text/yaml'
          expect(typeof (isYaml ? parse(answer.body) : JSON.parse(answer.body))).toBe('object')
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('finds what is in the ledger all the same', async () => {
    expect(await api.json('/api/v1/search.json?query=rails')).toHaveLength(1)
  })

  it.each([
    ['/api/v1/gems/%00.json', '{"error":"bad request"}'],
    ['/api/v1/gems/rails.json?x=%00', '{"error":"bad request"}'],
    ['/api/v1/gems/rails.json?x[%00]=1', '{"error":"bad request"}'],
    ['/api/v2/rubygems/rails/versions/%00.json', '{"error":"bad request"}'],
    ['/api/v1/gems/%ff.json', '{"status":400,"error":"Bad Request"}'],
    ['/api/v1/gems/%.json', '{"status":400,"error":"Bad Request"}'],
    ['/api/v1/versions/rails.json?x=%ff', '{"status":400,"error":"Bad Request"}'],
  ])('is refused: %s', async (path, body) => {
    expect(await api.ask(path)).toMatchObject({ status: 400, body })
  })

  it('comes out of payloads as it went in', async () => {
    const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.jsonValue(), fc.constant('a\nb\n\n'))
    let count = 0
    await fc.assert(
      fc.asyncProperty(value, value, value, async (info, metadata, downloads) => {
        count += 1
        const name = `hostile-${count}`
        api.push(name, '1.0.0', minutesAgo(1), {
          info,
          metadata,
          downloads,
          licenses: info,
          authors: metadata,
        })
        const facts = JSON.parse(JSON.stringify({ info: info ?? null, metadata: metadata ?? null }))
        expect(await api.json(`/api/v1/gems/${name}.json`)).toMatchObject(facts)
        expect((await api.ask(`/api/v1/gems/${name}.yaml`)).status).toBe(200)
        expect(await api.json(`/api/v1/search.json?query=${name}`)).not.toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
