import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../src/api/routes.js'
import { hashKey } from '../../src/secret.js'
import { codePoint } from '../helpers/code-point.js'
import { testTime } from '../helpers/temp-ledger.js'
import { key, openStage, otherKey, type Stage } from './stage.js'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  stage.temp.hook()
  for (let patch = 0; patch < 3; patch++) stage.release('rails', `8.0.${patch}`)
})
afterAll(() => stage.close())

const errorOf = async (path: string) => {
  const { status, body } = await stage.get(path)
  return `${status} ${body.error}`
}

describe('every route', () => {
  const targets = routes.map(({ method, path }) => [method.toUpperCase(), path.replace(/\{\w+\}/g, '1')])

  it.each(targets)('%s %s wants a valid key', async (method = '', path = '') => {
    const revoked = 'gh_key_that_was_revoked'
    const account = stage.temp.account()
    stage.temp.ledger.accounts.addKey(
      account,
      { name: 'old', hash: hashKey(revoked), sealed: revoked },
      testTime,
      testTime - 1,
    )
    for (const wrong of [null, '', 'gh_nobody', revoked]) {
      const answer = await stage.call(method, path, { key: wrong })
      expect(answer.status).toBe(401)
      expect(JSON.parse(answer.body).error).toMatch(/^Access denied\./)
      expect(answer.headers['Cache-Control']).toBe('private, no-store')
    }
    const bearer = await stage.call(method, path, { key: `Bearer ${key}` })
    expect(bearer.status).not.toBe(401)
  })

  it.each(targets)('%s %s is asked for like this only', async (method = '', path = '') => {
    const right = targets.filter(([, other]) => other === path).map(([other]) => other)
    const wrong = ['GET', 'POST', 'DELETE'].find((other) => !right.includes(other)) ?? ''
    const answer = await stage.call(wrong, path)
    expect(answer.status).toBe(405)
    expect(answer.headers.Allow?.split(', ')).toContain(method)
    expect(answer.headers.Allow).not.toContain(wrong)
  })

  it.each(targets)('%s %s takes no parameter that it does not know', async (method = '', path = '') => {
    const answer = await stage.call(method, `${path}?nonsense=1`)
    // Only then is it known whether there is such a thing, or whether the path has such a name.
    expect(answer.status, answer.body).toBe(400)
    expect(answer.body).toContain('There is no parameter \\"nonsense\\"')
  })
})

it('answers HEAD as GET, without a body', async () => {
  const answer = await stage.call('HEAD', '/api/v1/inboxes.json')
  expect(answer).toMatchObject({ status: 200, body: '' })
})

it('notes that a key was used', async () => {
  await stage.get('/api/v1/events.json', otherKey)
  expect(stage.temp.ledger.accounts.find(hashKey(otherKey))?.lastUsedAt).toBe(testTime)
})

describe('a wrong parameter is named', () => {
  it.each([
    ['/api/v1/events.json?limit=0', '400 Parameter limit must be a whole number from 1 to 200.'],
    ['/api/v1/events.json?limit=201', '400 Parameter limit must be a whole number from 1 to 200.'],
    ['/api/v1/events/01.json', '404 There is none with that id.'],
    ['/api/v1/endpoints/1e0.json', '404 There is none with that id.'],
    ['/api/v1/deliveries.json?event=0x1', '400 Parameter event must be a whole number, 1 or more.'],
    ['/api/v1/deliveries.json?endpoint=%201', '400 Parameter endpoint must be a whole number, 1 or more.'],
    ['/api/v1/events.json?limit=many', '400 Parameter limit must be a whole number from 1 to 200.'],
    [
      '/api/v1/events.json?since=yesterday',
      '400 Parameter since must be a date and time with a zone, such as 2026-09-01T12:00:00Z, or a date.',
    ],
    ['/api/v1/events.json?kind=released', '400 Parameter kind must be one of pushed, yanked, restored.'],
    ['/api/v1/events.json?gem=a%00b', '400 Parameter gem must have no control characters.'],
    [`/api/v1/events.json?gem=${'x'.repeat(256)}`, '400 Parameter gem must have 255 characters at most.'],
    ['/api/v1/events.json?gem=%ff', '400 A parameter is not percent-encoded UTF-8.'],
    ['/api/v1/events.json?cursor=1', '400 Parameter cursor must be the "next" of an answer.'],
    ['/api/v1/previews.json', '400 Parameter gem_name is missing.'],
    ['/api/v1/statistics.json?days=367', '400 Parameter days must be a whole number from 1 to 366.'],
  ])('%s', async (path, expected) => {
    expect(await errorOf(path)).toBe(expected)
  })
})

it.each([
  ...['1', '1.2.3', '1.', '0.1', '1.-2', '01.2', ' 1.2', '1.2 ', '1e3.2', '1.0x2', `1.${'9'.repeat(17)}`].map(
    (text) => Buffer.from(text).toString('base64url'),
  ),
  `${Buffer.from('1.2').toString('base64url')}=`,
])('takes no cursor like %s', async (cursor) => {
  expect(await errorOf(`/api/v1/deliveries.json?cursor=${cursor}`)).toMatch(/^400 Parameter cursor must/)
})

it('takes no cursor that it did not write', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: codePoint }),
        fc.stringMatching(/^[\w-]{0,20}$/),
        fc.string().map((text) => Buffer.from(text).toString('base64url')),
        fc
          .constantFrom('1.', '0', '-1', '01', '1e3', ' 1', '1.2.3', 'NaN', '9'.repeat(17))
          .map((text) => Buffer.from(text).toString('base64url')),
      ),
      async (cursor) => {
        const target = `/api/v1/deliveries.json?cursor=${encodeURIComponent(cursor)}`
        const { status, body } = await stage.get(target)
        if (cursor === '') expect(status).toBe(200)
        else expect(body.error, cursor).toMatch(/^Parameter cursor must/)
      },
    ),
  )
})

it('says when the ledger cannot be used', async () => {
  const { ledger } = stage.parts
  const trouble = Object.assign(new Error('disk I/O error'), { name: 'SqliteError', code: 'SQLITE_IOERR' })
  Object.setPrototypeOf(trouble, (await import('better-sqlite3')).default.SqliteError.prototype)
  stage.parts.ledger = {
    ...ledger,
    events: {
      ...ledger.events,
      list() {
        throw trouble
      },
    },
  }
  const answer = await stage.call('GET', '/api/v1/events.json')
  stage.parts.ledger = ledger
  expect(answer.status).toBe(503)
  expect(answer.headers['Retry-After']).toBe('5')
  expect(JSON.parse(answer.body).error).toContain('Try again later')
})
