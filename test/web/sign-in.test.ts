import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashKey } from '../../src/secret.js'
import { localPath } from '../../src/web/local-path.js'
import { createSignInLink } from '../../src/web/sign-in-link.js'
import { startGemherald } from '../helpers/gemherald.js'
import { type FrameStage, key, openFrameStage, type Visitor } from './frame-stage.js'

const hour = 3_600_000

let stage: FrameStage
let visitor: Visitor
beforeEach(async () => {
  stage = await openFrameStage()
  visitor = stage.visitor()
})
afterEach(() => stage.close())

const rowOfKey = () => stage.temp.ledger.accounts.find(hashKey(key))

describe('the form', () => {
  it('asks for nothing but the key, and says where to find one', async () => {
    const { status, body } = await visitor.get('/sign-in')
    expect(status).toBe(200)
    expect(body.match(/<input(?![^>]*type="hidden")/g)).toHaveLength(1)
    expect(body).toContain('type="password"')
    for (const place of ['npm start', 'gemherald keys create', 'gemherald sign-in'])
      expect(body).toContain(place)
  })

  it('leads those who are signed in already to where they wanted to go', async () => {
    await visitor.signIn()
    expect((await visitor.get('/sign-in?to=/hooks')).location).toBe('/hooks')
  })

  it('keeps where somebody wanted to go, escaped', async () => {
    const { body } = await visitor.get(`/sign-in?to=${encodeURIComponent('/hooks?a="><b>&x=1')}`)
    expect(body).toContain('name="to" value="/hooks?a=%22%3E%3Cb%3E&amp;x=1"')
  })
})

describe('an API key', () => {
  it('signs in, leads on, and its use is noted', async () => {
    const answer = await visitor.post('/sign-in', { key: ` ${key}\n`, to: '/hooks?gem=rails' })
    expect(answer).toMatchObject({ status: 303, location: '/hooks?gem=rails' })
    expect(rowOfKey()?.lastUsedAt).toBe(stage.clock.now)
    expect((await visitor.get('/')).status).toBe(200)
  })

  it.each([[{}], [{ key: '' }], [{ key: 'gh_wrong' }], [{ key: hashKey(key) }], [{ key: '<b>"x"' }]])(
    'that is none is refused with 401, and nothing of it is repeated: %j',
    async (fields: Record<string, string>) => {
      const answer = await visitor.post('/sign-in', { ...fields, to: '/hooks' })
      expect(answer.status).toBe(401)
      expect(visitor.cookie()).toBeUndefined()
      expect(answer.body).toContain('No account has this API key')
      expect(answer.body).toContain('name="to" value="/hooks"')
      if (fields.key) expect(answer.body).not.toContain(fields.key)
    },
  )

  it('that was revoked, or has expired, is refused', async () => {
    const { accounts } = stage.temp.ledger
    accounts.addKey(
      1,
      { name: 'x', hash: hashKey('gh_short'), sealed: '' },
      stage.clock.now,
      stage.clock.now + hour,
    )
    await visitor.signIn('gh_short')
    stage.clock.now += hour
    expect((await visitor.post('/sign-in', { key: 'gh_short' })).status).toBe(401)
    accounts.revokeKey(rowOfKey()?.id ?? 0, stage.clock.now)
    expect((await visitor.post('/sign-in', { key })).status).toBe(401)
  })

  it('is not in the log', async () => {
    await visitor.signIn()
    await visitor.post('/sign-in', { key: 'gh_wrong_one' })
    expect(JSON.stringify(stage.logged)).not.toMatch(/gh_/)
  })
})

describe('where it leads afterwards', () => {
  it.each([
    ['/', '/'],
    ['/hooks?gem=*#top', '/hooks?gem=*'],
    ['/gems/rails/versions/8.1.3', '/gems/rails/versions/8.1.3'],
    ['/a/../b', '/b'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['/\t/evil.example/', '/'],
    ['/x/..//evil.example/', '/'],
    ['/x/../\\evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['hooks', '/'],
    ['', '/'],
    ['/ä', '/'],
    [`/${'x'.repeat(3000)}`, '/'],
  ])('%j is %j', async (to, location) => {
    expect((await visitor.post('/sign-in', { key, to })).location).toBe(location)
  })

  it('is always here, whatever is asked for', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '..',
      '.',
      'evil.example',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      '\n',
      ' ',
    )
    const tricky = fc
      .array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 12 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          tricky,
          tricky.map((text) => `/${text}`),
        ),
        (to) => {
          const path = localPath(to)
          expect(new URL(path, 'http://127.0.0.1:8790/sign-in').origin).toBe('http://127.0.0.1:8790')
          expect(path).toMatch(/^\/(?![/\\])[!-~]*$/)
          expect(localPath(path)).toBe(path)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('a form of another site', () => {
  it.each<[number, Record<string, string>]>([
    [303, {}],
    [303, { 'sec-fetch-site': 'same-origin' }],
    [303, { 'sec-fetch-site': 'none' }],
    [303, { origin: 'http://127.0.0.1:8790' }],
    [403, { 'sec-fetch-site': 'cross-site' }],
    [403, { 'sec-fetch-site': 'same-site' }],
    [403, { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:8790' }],
    [403, { origin: 'https://evil.example' }],
    [403, { origin: 'http://127.0.0.1' }],
    [403, { origin: 'null' }],
    [403, { origin: 'not a URL' }],
  ])('is answered with %i: %j', async (status, headers) => {
    expect((await visitor.post('/sign-in', { key }, headers)).status).toBe(status)
    expect(visitor.cookie() === undefined).toBe(status === 403)
  })

  it('is not the one that came to this very address, whatever PUBLIC_URL is', async () => {
    const headers = { origin: `http://127.0.0.1:${stage.port}` }
    expect((await visitor.post('/sign-in', { key }, headers)).status).toBe(303)
  })
})

describe('tries in vain', () => {
  const inVain = async (times: number) => {
    const statuses: number[] = []
    for (let count = 0; count < times; count++) {
      const { status } = await stage.visitor().post('/sign-in', { key: `gh_${count}` })
      statuses.push(status)
    }
    return statuses
  }

  it('are throttled after ten in a minute, and what succeeds is not counted', async () => {
    for (let count = 0; count < 15; count++) await visitor.signIn()
    expect(await inVain(11)).toEqual([...Array(10).fill(401), 429])
    const late = await stage.visitor().post('/sign-in', { key: 'gh_wrong' })
    expect(late.headers.get('retry-after')).toBe('60')
    expect(late.body).toContain('Wait a minute')
    expect((await stage.visitor().get('/sign-in')).status).toBe(200)
    const elsewhere = { 'x-forwarded-for': '192.0.2.7' }
    expect((await stage.visitor().post('/sign-in', { key: 'gh_x' }, elsewhere)).status).toBe(401)
  })

  it('keep nobody else at the same address out, neither with a key nor with a link', async () => {
    await inVain(11)
    expect((await stage.visitor().post('/sign-in', { key })).status).toBe(303)
    const link = createSignInLink({ ledger: stage.temp.ledger, now: () => stage.clock.now }, 1)
    for (let count = 0; count < 15; count++)
      expect((await stage.visitor().get(`/sign-in/${'x'.repeat(43)}`)).status).toBe(410)
    expect((await stage.visitor().get(`/sign-in/${link}`)).status).toBe(200)
  })
})

describe('a one-time link', () => {
  const make = (account = 'default') =>
    `/sign-in/${createSignInLink({ ledger: stage.temp.ledger, now: () => stage.clock.now }, stage.temp.account(account))}`

  it('signs in to its account, and goes on by itself', async () => {
    const answer = await visitor.get(make('team-a'), { 'sec-fetch-site': 'cross-site' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('refresh')).toBe('0; url=/')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await visitor.get('/')).body).toContain('team-a false')
  })

  it('is used up', async () => {
    const link = make()
    await visitor.get(link)
    const second = await stage.visitor().get(link)
    expect(second.status).toBe(410)
    expect(second.body).toContain('gemherald sign-in')
    expect(second.headers.getSetCookie()).toEqual([])
    expect(await visitor.get(link)).toMatchObject({ status: 303, location: '/' })
  })

  it('is of no use, and its session has ended, once every key of its account is revoked', async () => {
    const [used, unused] = [make(), make()]
    await visitor.get(used)
    stage.temp.ledger.accounts.revokeKey(rowOfKey()?.id ?? 0, stage.clock.now)
    expect(await visitor.get('/')).toMatchObject({ status: 303, location: '/sign-in' })
    const answer = await stage.visitor().get(unused)
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([410, []])
    expect(answer.body).toContain('no valid API key')
  })

  it('lasts an hour', async () => {
    const [early, late] = [make(), make()]
    stage.clock.now += hour - 1
    expect((await visitor.get(early)).status).toBe(200)
    stage.clock.now += 1
    expect((await stage.visitor().get(late)).status).toBe(410)
  })

  it.each<['GET' | 'HEAD', Record<string, string>]>([
    ['HEAD', {}],
    ['GET', { 'sec-purpose': 'prefetch;prerender' }],
    ['GET', { purpose: 'prefetch' }],
  ])('is not used up by who only looks ahead: %s %j', async (method, headers) => {
    const link = make()
    expect(await visitor.get(link, headers, method)).toMatchObject({ status: 204, body: '' })
    expect(visitor.cookie()).toBeUndefined()
    expect((await visitor.get(link)).status).toBe(200)
  })

  it.each(['x', 'A'.repeat(43), '%00', '..%2f', 'a'.repeat(5000)])(
    'that was made up is none: %.20s',
    async (token) => {
      expect((await visitor.get(`/sign-in/${token}`)).status).toBe(410)
    },
  )

  it('is neither used up nor told the log when no session can be kept', async () => {
    const link = make()
    stage.temp.change("CREATE TRIGGER full BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'full'); END")
    const failed = await visitor.get(link)
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([500, []])
    expect(JSON.stringify(stage.logged)).toContain('a page failed')
    expect(JSON.stringify(stage.logged)).not.toContain(link.slice('/sign-in/'.length))
    stage.temp.change('DROP TRIGGER full')
    expect((await visitor.get(link)).status).toBe(200)
  })

  it('is kept by its hash only', () => {
    const token = make().slice('/sign-in/'.length)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(stage.temp.query('SELECT hash FROM sign_in_links')).toEqual([{ hash: hashKey(token) }])
  })
})

it('the link of a new installation works: its first start made a key', async () => {
  const server = await startGemherald({ env: { GEMHERALD_API_KEY: '' } })
  try {
    expect(server.newApiKey).not.toBeNull()
    const { status, headers } = await fetch(server.signInLink())
    expect(status).toBe(200)
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect((await fetch(`${server.url}/hooks`, { headers: { cookie }, redirect: 'manual' })).status).toBe(200)
  } finally {
    await server.remove()
  }
})

it('a body that is too large is refused with a page', async () => {
  const answer = await visitor.post('/sign-in', { key: 'x'.repeat(70_000) })
  expect(answer.status).toBe(413)
  expect(answer.body).toContain('<h1>')
})
