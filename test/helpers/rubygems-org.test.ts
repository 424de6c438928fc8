import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/receive/authorization.js'
import { type HttpSink, startHttpSink } from './http-sink.js'
import {
  type AccountOptions,
  faults,
  type OrgAccount,
  type RubygemsOrg,
  startRubygemsOrg,
} from './rubygems-org.js'
import { secrets } from './webhooks.js'

let org: RubygemsOrg
let account: OrgAccount
let receiver: HttpSink
let time: number

const start = Date.parse('2026-11-20T12:00:00.000Z')

beforeEach(async () => {
  time = start
  org = await startRubygemsOrg({ now: () => time })
  account = org.addAccount('ada')
  org.push('rails', '8.1.3')
  receiver = await startHttpSink()
})

afterEach(async () => {
  await org.close()
  await receiver.close()
})

async function ask(path: string, options: RequestInit = {}) {
  const answer = await fetch(org.url + path, { redirect: 'manual', ...options })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

/** Asks the hook API with a form. */
function hookCall(action: string, form: Record<string, string>, key = account.key) {
  return ask(`/api/v1/web_hooks${action}`, {
    method: action.startsWith('/remove') ? 'DELETE' : 'POST',
    headers: { Authorization: key },
    body: new URLSearchParams(form),
  })
}

const hook = { gem_name: 'rails', url: 'http://a.example/x' }

describe('the hook API', () => {
  it.each<[string, Record<string, string>, number, string]>([
    ['', hook, 201, 'Successfully created webhook for rails to http://a.example/x'],
    [
      '.json',
      { ...hook, gem_name: '*' },
      201,
      'Successfully created webhook for all gems to http://a.example/x',
    ],
    ['', { ...hook, url: '' }, 409, `["Url does not appear to be a valid URL", "Url can't be blank"]`],
    ['', { ...hook, url: 'http://localhost:1/' }, 409, '["Url does not appear to be a valid URL"]'],
    ['', { ...hook, gem_name: 'Rails' }, 404, 'This gem could not be found'],
    ['', { url: 'http://a.example' }, 404, 'This gem could not be found'],
    ['', { gem_name: 'rails' }, 400, '{"error":"URL was not provided"}'],
    [
      '',
      { rubygem_name: 'rails', url: 'http://a.example' },
      201,
      'Successfully created webhook for rails to http://a.example',
    ],
    ['', { ...hook, url: 'a\0' }, 400, '{"error":"bad request"}'],
    ['/remove', hook, 404, 'No such webhook exists under your account.'],
    ['/remove', { ...hook, gem_name: 'nothing' }, 404, 'This gem could not be found'],
    ['/fire', { gem_name: 'rails' }, 400, '{"error":"URL was not provided"}'],
    ['/fire', { ...hook, gem_name: '*' }, 500, 'Internal Server Error'],
  ])('POST or DELETE %s %j is answered %i', async (action, form, status, text) => {
    expect(await hookCall(action, form)).toMatchObject({ status, text })
  })

  it('takes JSON and multipart, and the query before the body', async () => {
    const multipart = new FormData()
    multipart.set('gem_name', 'rails')
    multipart.set('url', 'http://b.example')
    const headers = { Authorization: account.key }
    await ask('/api/v1/web_hooks', { method: 'POST', headers, body: multipart })
    await ask('/api/v1/web_hooks?url=http://c.example', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(hook),
    })
    expect(account.hooks.map(({ url }) => url)).toEqual(['http://b.example', 'http://c.example'])
  })

  it('lists groups in order, all gems last, and may not be cached', async () => {
    await hookCall('', { ...hook, gem_name: '*' })
    await hookCall('', hook)
    const listed = await ask('/api/v1/web_hooks.json', { headers: { Authorization: account.key } })
    expect(listed.text).toBe(
      '{"rails":[{"failure_count":0,"url":"http://a.example/x"}],"all gems":[{"failure_count":0,"url":"http://a.example/x"}]}',
    )
    expect(listed.headers.get('cache-control')).toBe('private, no-store')
  })

  it('removes one hook of the account', async () => {
    await hookCall('', hook)
    expect(await hookCall(`/remove?${new URLSearchParams(hook)}`, {})).toMatchObject({
      status: 200,
      text: 'Successfully removed webhook for rails to http://a.example/x',
    })
    expect(account.hooks).toEqual([])
  })

  it.each<[string, AccountOptions, number, string]>([
    ['an expired key', { keys: [{ expired: true }] }, 401, 'Access Denied'],
    ['a deleted key', { keys: [{ deleted: true }] }, 403, 'An invalid API key'],
    ['an unconfirmed address', { emailConfirmed: false }, 403, 'Please confirm your email'],
    ['a publisher’s key', { keys: [{ publisher: true }] }, 403, "The API key doesn't have access"],
    ['a key without the scope', { keys: [{ scopes: [] }] }, 403, 'This API key cannot perform'],
    ['a key for another gem', { keys: [{ gemName: 'rack' }] }, 403, 'This API key cannot perform'],
  ])('turns %s away', async (_what, options, status, text) => {
    const { key } = org.addAccount('grace', options)
    const plain = await hookCall('', hook, key)
    expect(plain).toMatchObject({ status, text: expect.stringMatching(`^${text}`) })
    if (status === 403) expect((await hookCall('.json', hook, key)).text).toMatch(`{"error":"${text}`)
  })

  it('fires at most 10 times in 10 minutes', async () => {
    const form = { gem_name: 'rails', url: receiver.url }
    for (let i = 0; i < 10; i++) expect((await hookCall('/fire', form)).status).toBe(200)
    const throttled = await hookCall('/fire', form)
    expect(throttled).toMatchObject({ status: 429, text: 'Retry later\n' })
    expect(throttled.headers.get('retry-after')).toBe('600')
    time += 600_000
    expect((await hookCall('/fire', form)).status).toBe(200)
  })
})

describe('deliveries', () => {
  it.each<[string, AccountOptions, string[]]>([
    ['the first key’s hash', { keys: [{ text: secrets.modern }, {}] }, [secrets.modern]],
    ['the legacy key', { legacySecret: secrets.legacy }, [secrets.legacy]],
  ])('prove themselves with %s', async (_what, options, configured) => {
    const { key } = org.addAccount('grace', options)
    await hookCall('/fire', { gem_name: 'rails', url: receiver.url }, key)
    const authorization = receiver.received[0]?.headers.authorization ?? ''
    expect(createVerifier(configured).check(authorization, 'rails', '8.1.3')).toBeNull()
  })

  it('go to every hook that wants them, on push, yank and restore', async () => {
    await hookCall('', { gem_name: 'rails', url: `${receiver.url}/rails` })
    await hookCall('', { gem_name: '*', url: `${receiver.url}/all` })
    account.hooks.push({ gemName: null, url: `${receiver.url}/off`, failureCount: 0, disabled: true })
    org.push('rails', '8.1.4')
    org.announcing = true
    org.push('rails', '8.1.5')
    org.push('rack', '3.2')
    await org.settled()
    org.yank('rails', '8.1.5')
    await org.settled()
    org.restore('rails', '8.1.5')
    await org.settled()
    const got = receiver.received.map(({ path, body }) => {
      const { version, yanked } = JSON.parse(String(body))
      return `${path} ${version} ${yanked}`
    })
    expect(got.slice(0, 3).sort()).toEqual(['/all 3.2 false', '/all 8.1.5 false', '/rails 8.1.5 false'])
    expect(got.slice(3, 5).sort()).toEqual(['/all 8.1.5 true', '/rails 8.1.5 true'])
    expect(got.slice(5).sort()).toEqual(['/all 8.1.5 false', '/rails 8.1.5 false'])
    expect(org.announced).toHaveLength(7)
  })

  it('are tried three times, and then counted as failed', async () => {
    receiver.answer({ status: 500 })
    await hookCall('', { gem_name: 'rails', url: receiver.url })
    org.announcing = true
    org.push('rails', '8.1.4')
    await org.settled()
    expect(receiver.received).toHaveLength(3)
    expect(org.announced).toMatchObject([{ attempts: 3, succeeded: false, response: { status: 500 } }])
    expect(account.hooks[0]?.failureCount).toBe(1)
  })
})

describe('the timeframe', () => {
  const at = (ms: number) => new Date(start + ms).toISOString()
  const day = 86_400_000

  it.each<[string, Record<string, string>, string]>([
    ['no from', {}, "Request is missing param 'from'"],
    ['a date for from', { from: '2026-11-20' }, 'the from parameter must be iso8601 formatted'],
    [
      'a time without a zone',
      { from: '2026-11-20T00:00:00' },
      'the from parameter must be iso8601 formatted',
    ],
    ['a date for to', { from: at(0), to: '2026-11-20' }, 'the "to" parameter must be iso8601 formatted'],
    [
      'more than 7 days',
      { from: at(0), to: at(7 * day + 1) },
      'the supplied query time range cannot exceed 7 days',
    ],
    [
      'the end before the start',
      { from: at(1), to: at(0) },
      'the starting time parameter must be before the ending time parameter',
    ],
  ])('refuses %s', async (_what, query, error) => {
    const answer = await ask(`/api/v1/timeframe_versions.json?${new URLSearchParams(query)}`)
    expect(answer).toMatchObject({ status: 400, text: JSON.stringify({ error }) })
  })

  it('has 30 to a page, up to now, in order of creation', async () => {
    for (let i = 0; i < 40; i++) org.push('demo', `1.${i}`, { createdAt: start + 100 - i })
    time = start + 100
    const read = async (page: string) =>
      JSON.parse(
        (await ask(`/api/v1/timeframe_versions.json?${new URLSearchParams({ from: at(1), page })}`)).text,
      )
    expect((await read('1')).map(({ number }: { number: string }) => number)).toEqual(
      Array.from({ length: 30 }, (_, i) => `1.${39 - i}`),
    )
    expect(await read('2')).toHaveLength(10)
    expect(await read('3')).toEqual([])
    expect(Object.keys((await read('1'))[0])).toHaveLength(34)
  })

  it.each(['0', '1001', 'x'])('sends those who ask for page %s to the first', async (page) => {
    const answer = await ask(`/api/v1/timeframe_versions.json?${new URLSearchParams({ from: at(0), page })}`)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(/[?&]page=1$/)
  })
})

describe('what is retired', () => {
  it.each([
    ['GET', '/api/v1/versions/rails-8.1.3/downloads.json', 410, 'This endpoint is not supported anymore'],
    ['PUT', '/api/v1/gems/unyank', 403, 'This version of the Gemcutter plugin'],
    ['GET', '/api/v1/api_key', 410, 'This endpoint has been retired.'],
    ['GET', '/api/v1/dependencies.json', 404, '{"error":"The dependency API has gone away.'],
    ['GET', '/api/v1/nothing.json', 404, '{"status":404,"error":"Not Found"}'],
  ])('%s %s is answered %i', async (method, path, status, text) => {
    const answer = await ask(path, { method })
    expect(answer.status).toBe(status)
    expect(answer.text.startsWith(text)).toBe(true)
  })
})

describe('faults', () => {
  const gem = '/api/v1/gems/rails.json'

  it('hit where they are meant to, and as often', async () => {
    org.fail(faults.serverError, { on: gem, times: 2 })
    org.fail(faults.throttled(9), { on: /^\/info\// })
    expect((await ask('/versions')).status).toBe(200)
    expect([(await ask(gem)).status, (await ask(gem)).status, (await ask(gem)).status]).toEqual([
      500, 500, 200,
    ])
    expect((await ask('/info/rails')).headers.get('retry-after')).toBe('9')
    org.mend()
    expect((await ask('/info/rails')).status).toBe(200)
    expect([org.count(), org.count(gem), org.count(/^\/info\//)]).toEqual([6, 3, 2])
  })

  it('do nothing but fail', async () => {
    org.fail(faults.serverError)
    await hookCall('', hook)
    expect(account.hooks).toEqual([])
  })

  it('can break connections', async () => {
    org.fail('drop', { times: 1 })
    await expect(ask(gem)).rejects.toThrow()
    org.fail('cut', { times: 1 })
    await expect(ask(gem)).rejects.toThrow()
    org.fail('hang', { times: 1 })
    const stop = new AbortController()
    const hanging = ask(gem, { signal: stop.signal })
    await org.requests.waitFor(3)
    stop.abort()
    await expect(hanging).rejects.toThrow()
  })

  it('can close the port, and open it again', async () => {
    await org.closePort()
    await expect(ask(gem)).rejects.toThrow()
    await org.openPort()
    expect((await ask(gem)).status).toBe(200)
  })
})

describe('mistakes of a test', () => {
  it('throw', () => {
    expect(() => org.push('rails', '8.1.3')).toThrow('pushed before')
    expect(() => org.yank('rails', '9')).toThrow('never pushed')
    org.yank('rails', '8.1.3')
    expect(() => org.yank('rails', '8.1.3')).toThrow('is yanked already')
  })
})
