import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Rubygems } from '../../src/rubygems/client.js'
import { faults } from '../helpers/rubygems-org.js'
import { jsonAnswer, problem, type Stage, setStage, value } from './stage.js'

let stage: Stage
let rubygems: Rubygems

beforeEach(async () => {
  stage = await setStage()
  stage.org.push('rails', '8.1.3')
  rubygems = stage.client()
})

afterEach(() => stage.close())

/** What was asked last under a condition. */
function conditions() {
  const headers = stage.org.requests.all.at(-1)?.headers
  return { etag: headers?.['if-none-match'], modified: headers?.['if-modified-since'] }
}

const gem = (headers: Record<string, string>, body = '{"name":"rails","version":"1"}') => ({
  ...jsonAnswer(body),
  headers,
})

describe('conditional requests', () => {
  it('ask with the ETag and the time of the answer before, and take 304 for it', async () => {
    const first = value(await rubygems.versions('rails'))
    expect(conditions()).toEqual({ etag: undefined, modified: undefined })
    expect(value(await rubygems.versions('rails'))).toEqual(first)
    expect(conditions()).toEqual({
      etag: expect.stringMatching(/^W\/"/),
      modified: 'Fri, 20 Nov 2026 12:00:00 GMT',
    })
  })

  it('see what is new', async () => {
    await rubygems.versions('rails')
    stage.org.push('rails', '8.1.4')
    expect(value(await rubygems.versions('rails')).map(({ number }) => number)).toEqual(['8.1.4', '8.1.3'])
    expect(value(await rubygems.versions('rails'))).toHaveLength(2)
  })

  it('bring no damaged answer back', async () => {
    stage.org.fail(faults.halfTheBody, { times: 2 })
    problem(await rubygems.gem('rails'))
    problem(await rubygems.info('rails'))
    expect(value(await rubygems.gem('rails')).version).toBe('8.1.3')
    expect(value(await rubygems.info('rails'))).toHaveLength(1)
  })

  it('do with a time alone', async () => {
    const modified = 'Wed, 18 Nov 2026 10:00:00 GMT'
    stage.org.fail(gem({ 'Last-Modified': modified }), { times: 1 })
    await rubygems.gem('rails')
    stage.org.fail({ status: 304, headers: {}, body: '' }, { times: 1 })
    expect(value(await rubygems.gem('rails')).version).toBe('1')
    expect(conditions()).toEqual({ etag: undefined, modified })
  })

  it('keep answers apart by path and query', async () => {
    stage.org.push('rails', '8.1.3', { platform: 'java' })
    await rubygems.release({ name: 'rails', number: '8.1.3' })
    const java = await rubygems.release({ name: 'rails', number: '8.1.3', platform: 'java' })
    expect(conditions().etag).toBeUndefined()
    expect(value(java).platform).toBe('java')
  })

  it.each([
    ['nothing to ask by', {}],
    ['no-store', { ETag: '"1"', 'Cache-Control': 'private, no-store' }],
    ['an ETag without quotes', { ETag: '1' }],
    ['an ETag beyond ASCII', { ETag: '"\u00e9"' }],
    ['an endless ETag', { ETag: `"${'x'.repeat(1000)}"` }],
    ['a time that is none', { 'Last-Modified': '\u00ff' }],
  ])('are not made after an answer with %s', async (_what, headers) => {
    stage.org.fail(gem(headers))
    await rubygems.gem('rails')
    expect(value(await rubygems.gem('rails')).version).toBe('1')
    expect(conditions()).toEqual({ etag: undefined, modified: undefined })
  })

  it('are not made after a failure', async () => {
    stage.org.fail({ ...gem({ ETag: '"1"' }), status: 404 })
    await rubygems.gem('rails')
    await rubygems.gem('rails')
    expect(conditions().etag).toBeUndefined()
  })

  it('know a 304 that nobody asked for', async () => {
    stage.org.fail({ status: 304, headers: {}, body: '' })
    expect(problem(await rubygems.gem('rails'))).toMatchObject({ code: 'unavailable', status: 304 })
  })

  it('remember 500 answers, those used last', async () => {
    stage.org.fail((request) => {
      const same = request.headers['if-none-match'] !== undefined
      return { ...gem({ ETag: `"${request.path}"` }), ...(same ? { status: 304, body: '' } : {}) }
    })
    for (let i = 0; i < 500; i++) await rubygems.gem(`gem${i}`)
    await rubygems.gem('gem0')
    await rubygems.gem('gem500')
    await rubygems.gem('gem0')
    expect(conditions().etag).toBe('"/api/v1/gems/gem0.json"')
    await rubygems.gem('gem1')
    expect(conditions().etag).toBeUndefined()
  })

  it('remember 16 MiB', async () => {
    const body = `{"name":"rails","version":"1","info":"${'x'.repeat(1_000_000)}"}`
    stage.org.fail((request) => gem({ ETag: `"${request.path}"` }, body))
    for (let i = 0; i < 17; i++) await rubygems.gem(`gem${i}`)
    await rubygems.gem('gem16')
    expect(conditions().etag).toBe('"/api/v1/gems/gem16.json"')
    await rubygems.gem('gem0')
    expect(conditions().etag).toBeUndefined()
  })

  it('remember no answer of more than 1 MiB', async () => {
    stage.org.fail(gem({ ETag: '"1"' }, `{"name":"rails","version":"1","info":"${'x'.repeat(1_100_000)}"}`))
    await rubygems.gem('rails')
    await rubygems.gem('rails')
    expect(conditions().etag).toBeUndefined()
  })
})
