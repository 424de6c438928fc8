import { afterEach, describe, expect, it } from 'vitest'
import { type FrameStage, key, openFrameStage, otherKey, type Visitor } from './frame-stage.js'

const hour = 3_600_000

let stage: FrameStage
afterEach(() => stage.close())

async function signedIn(text = key): Promise<Visitor> {
  stage = await openFrameStage()
  const visitor = stage.visitor()
  await visitor.signIn(text)
  return visitor
}

describe('the cookie', () => {
  it.each([
    ['http://127.0.0.1:8790', /^gemherald=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/],
    [
      'https://gems.example.org',
      /^__Host-gemherald=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=43200$/,
    ],
  ])('of %s keeps scripts and other sites out', async (publicUrl, pattern) => {
    stage = await openFrameStage(publicUrl)
    const { headers } = await stage.visitor().post('/sign-in', { key })
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(pattern)])
  })

  it('is known to the ledger only by its hash, and is another one each time', async () => {
    const visitor = await signedIn()
    const [, value = ''] = visitor.cookie()?.split('=') ?? []
    expect(JSON.stringify(stage.temp.query('SELECT * FROM sessions'))).not.toContain(value)
    await visitor.signIn()
    expect(visitor.cookie()).not.toContain(value)
    expect(stage.temp.query('SELECT count(*) AS n FROM sessions')).toEqual([{ n: 1 }])
  })

  it('that was given over https is worth nothing under the name that other hosts can set', async () => {
    stage = await openFrameStage('https://gems.example.org')
    const [own, other] = [stage.visitor(), stage.visitor()]
    await own.signIn()
    other.bring(own.cookie()?.replace('__Host-', '') ?? '')
    expect((await other.get('/')).status).toBe(303)
    expect((await own.get('/')).status).toBe(200)
  })

  it.each([
    'gemherald=',
    'gemherald=x',
    `gemherald=${'A'.repeat(43)}`,
    `${'a=b; '.repeat(500)}gemherald`,
    ';;=',
  ])('that was made up signs nobody in: %.40j', async (cookie) => {
    stage = await openFrameStage()
    const visitor = stage.visitor()
    visitor.bring(cookie)
    expect((await visitor.get('/')).location).toBe('/sign-in')
  })

  it('is found among others', async () => {
    const visitor = await signedIn()
    visitor.bring(`theme=dark; gemherald=${'A'.repeat(43)}; ${visitor.cookie()}; x=y`)
    expect((await visitor.get('/')).status).toBe(200)
  })
})

describe('a session', () => {
  it.each([
    [key, 'default true'],
    [otherKey, 'team-a false'],
  ])('belongs to the account of its key: %s', async (text, shown) => {
    const visitor = await signedIn(text)
    expect((await visitor.get('/')).body).toContain(shown)
  })

  it('lasts 12 hours, and then says why it is over', async () => {
    const visitor = await signedIn()
    stage.clock.now += 12 * hour - 1
    expect((await visitor.get('/')).status).toBe(200)
    stage.clock.now += 1
    expect((await visitor.get('/')).location).toBe('/sign-in')
    const form = await visitor.get('/sign-in')
    expect(form.body).toContain('Your session has ended')
    expect(visitor.cookie()).toBeUndefined()
    expect((await visitor.get('/sign-in')).body).not.toContain('Your session has ended')
  })

  it('ends with its key', async () => {
    const visitor = await signedIn()
    const [row] = stage.temp.ledger.accounts.keys()
    stage.temp.ledger.accounts.revokeKey(row?.id ?? 0, stage.clock.now)
    expect((await visitor.get('/')).status).toBe(303)
  })

  it('ends at signing out, and only this one', async () => {
    const visitor = await signedIn()
    const other = stage.visitor()
    await other.signIn()
    const before = visitor.cookie() ?? ''
    const answer = await visitor.post('/sign-out', { csrf: await visitor.csrf() })
    expect(answer).toMatchObject({ status: 303, location: '/sign-in' })
    expect(visitor.cookie()).toBeUndefined()
    visitor.bring(before)
    expect((await visitor.get('/')).status).toBe(303)
    expect((await other.get('/')).status).toBe(200)
  })
})

describe('without a session', () => {
  it.each([
    ['/', '/sign-in'],
    ['/hooks?gem=rails&x=%2F', '/sign-in?to=%2Fhooks%3Fgem%3Drails%26x%3D%252F'],
    ['/gems/rails/versions/8.1.3', '/sign-in?to=%2Fgems%2Frails%2Fversions%2F8.1.3'],
    ['/dead/', '/sign-in?to=%2Fdead%2F'],
    ['/Setup', '/sign-in?to=%2FSetup'],
  ])('%s leads to the sign-in page', async (path, location) => {
    stage = await openFrameStage()
    expect(await stage.visitor().get(path)).toMatchObject({ status: 303, location })
    expect(await stage.visitor().get(path, {}, 'HEAD')).toMatchObject({ status: 303, location })
  })

  it.each([
    '/feed.atom',
    '/gems/rails.atom',
    '/inbox/demo.atom',
    '/nothing',
    '/hooksy',
    '/api/v1/x',
    '//hooks',
  ])('%s is none of the pages', async (path) => {
    stage = await openFrameStage()
    expect(await stage.visitor().get(path)).toMatchObject({
      status: 404,
      body: expect.stringContaining('not of'),
    })
  })

  it.each([{ 'x-requested-with': 'page' }, { 'sec-fetch-dest': 'empty' }])(
    'a script gets 401: %j',
    async (headers) => {
      stage = await openFrameStage()
      expect(await stage.visitor().get('/hooks', headers)).toMatchObject({ status: 401, location: null })
    },
  )

  it('a form changes nothing and leads to the sign-in page', async () => {
    stage = await openFrameStage()
    const answer = await stage.visitor().post('/hooks', { gem: 'rails' })
    expect(answer).toMatchObject({ status: 303, location: '/sign-in' })
    expect(stage.posts).toEqual([])
  })

  it('a link on another site is followed again from here, since the cookie stayed behind', async () => {
    stage = await openFrameStage()
    const answer = await stage.visitor().get('/hooks?gem=rails', { 'sec-fetch-site': 'cross-site' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('refresh')).toBe('0; url=/hooks?gem=rails')
    const again = await stage.visitor().get('/hooks?gem=rails', { 'sec-fetch-site': 'same-origin' })
    expect(again.status).toBe(303)
  })
})

it('what is not there is said on a page, to those who are signed in', async () => {
  const visitor = await signedIn()
  const answer = await visitor.get('/hooks/none')
  expect(answer.status).toBe(404)
  expect(answer.body).toContain('<h1>There is nothing here</h1>')
})

it.each([
  [new Error('secret detail'), 500, 'gemherald failed'],
  [Object.assign(new Error('secret detail'), { status: 400 }), 400, 'The request cannot be read'],
  [undefined, 404, 'There is nothing here'],
])('a page that throws %s answers with a page and tells nothing', async (error, status, title) => {
  const visitor = await signedIn()
  stage.failure.error = error
  const answer = await visitor.get('/dead')
  expect(answer.status).toBe(status)
  expect(answer.body).toContain(`<h1>${title}</h1>`)
  expect(answer.body).not.toContain('secret detail')
  expect(stage.logged.filter(({ msg }) => msg === 'a page failed')).toHaveLength(status === 500 ? 1 : 0)
})
