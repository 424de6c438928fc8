import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nothing } from '../helpers/outbound-parts.js'
import { key, openStage, otherKey, type Stage } from './stage.js'

const answered = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'private, no-store',
  'Surrogate-Control': 'max-age=0',
  Vary: 'Authorization, Cookie',
}

let api: Stage

beforeAll(async () => {
  api = await openStage({ names: { 'inside.example.com': ['10.0.0.1'] }, missingMail: 'SMTP_URL' })
})

afterAll(() => api.close())

const create = (parameters: Record<string, string>, useKey = key) =>
  api.post('/api/v1/web_hooks', parameters, useKey)

// protocol/rubygems-webhooks.md §3.1
describe('POST /api/v1/web_hooks', () => {
  it('registers a hook on a gem, and refuses the same one', async () => {
    const hook = { gem_name: 'rails', url: 'http://example.com' }
    expect(await create(hook)).toEqual({
      status: 201,
      headers: answered,
      body: 'Successfully created webhook for rails to http://example.com',
    })
    expect(await create(hook)).toEqual({
      status: 409,
      headers: answered,
      body: '["A hook for http://example.com has already been registered for rails"]',
    })
  })

  it('registers a hook on all gems, and refuses the same one', async () => {
    const hook = { gem_name: '*', url: 'http://example.com' }
    expect(await create(hook)).toMatchObject({
      status: 201,
      body: 'Successfully created webhook for all gems to http://example.com',
    })
    expect(await create(hook)).toMatchObject({
      status: 409,
      body: '["A global hook for http://example.com has already been registered"]',
    })
  })

  it.each([
    ['an URL that fails the pattern', 'ftp://example.com', '["Url does not appear to be a valid URL"]'],
    ['an empty URL', '', '["Url does not appear to be a valid URL", "Url can\'t be blank"]'],
    ['a blank URL', ' \t', '["Url does not appear to be a valid URL", "Url can\'t be blank"]'],
    [
      'a long URL',
      `http://example.com/${'x'.repeat(237)}`,
      '["Url is too long (maximum is 255 characters)"]',
    ],
    [
      'a long text',
      'x'.repeat(256),
      '["Url does not appear to be a valid URL", "Url is too long (maximum is 255 characters)"]',
    ],
  ])('refuses %s', async (_what, url, body) => {
    expect(await create({ gem_name: 'rails', url })).toEqual({ status: 409, headers: answered, body })
  })

  it('takes a URL of 255 characters', async () => {
    expect(await create({ gem_name: 'rails', url: `http://example.com/${'é'.repeat(236)}` })).toMatchObject({
      status: 201,
    })
  })

  it('writes what is special to Ruby as Ruby does', async () => {
    const url = 'http://example.com/"#{x}#'
    await create({ gem_name: 'rails', url })
    expect(await create({ gem_name: 'rails', url })).toMatchObject({
      status: 409,
      body: String.raw`["A hook for http://example.com/\"\#{x}# has already been registered for rails"]`,
    })
  })

  it('refuses a hook on a disabled endpoint as registered', async () => {
    const hook = { gem_name: 'rails', url: 'http://example.com/disabled' }
    await create(hook)
    api.temp.change('UPDATE endpoints SET disabled_at = 1 WHERE url = ?', hook.url)
    expect(await create(hook)).toMatchObject({ status: 409 })
  })

  it('lets two accounts register the same hook', async () => {
    const hook = { gem_name: 'gemcutter', url: 'http://example.com/shared' }
    expect(await create(hook)).toMatchObject({ status: 201 })
    expect(await create(hook, otherKey)).toMatchObject({ status: 201 })
  })

  it('takes a gem that only the ledger knows', async () => {
    api.temp.arrive({ name: 'in-house' })
    expect(await create({ gem_name: 'in-house', url: 'http://example.com' })).toMatchObject({ status: 201 })
  })

  it('registers one of two equal requests at the same time', async () => {
    const bothWait = latch(2)
    const racing = await openStage({
      lookup: async () => {
        await bothWait()
        return [{ address: '127.0.0.1', family: 4 }]
      },
    })
    const hook = { gem_name: 'rails', url: 'http://example.com/race' }
    racing.temp.arrive({ name: 'rails' })
    const register = () => racing.post('/api/v1/web_hooks', hook)
    const answers = await Promise.all([register(), register()])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(answers.map(({ body }) => body)).toContain(
      '["A hook for http://example.com/race has already been registered for rails"]',
    )
    await racing.close()
  })
})

describe('the channel of a hook', () => {
  const channelOf = (url: string) =>
    api.temp.query<{ channel: string }>('SELECT channel FROM endpoints WHERE url = ?', url)[0]?.channel

  it.each([
    ['https://example.com/a', {}, 'webhook'],
    ['https://hooks.slack.com/services/a', {}, 'slack'],
    ['https://hooks.slack-gov.com/services/a', {}, 'slack'],
    ['https://mattermost.example.com/hooks/a', { channel: 'slack' }, 'slack'],
    ['https://hooks.slack.com/services/b', { channel: 'webhook' }, 'webhook'],
  ])('is for %s with %j: %s', async (url, asked, channel) => {
    expect(await create({ gem_name: 'rails', url, ...asked })).toMatchObject({ status: 201 })
    expect(channelOf(url)).toBe(channel)
  })

  it.each([
    ['http://example.com/c', 'sms', 'Channel is not one of webhook, slack, email, inbox'],
    ['http://example.com/c', 'email', 'Channel email needs a mailto: URL'],
    ['mailto:team@example.com', 'slack', 'Channel slack needs an http or https URL'],
    ['mailto:team@example.com', 'email', 'Channel email is not set up on this server: set SMTP_URL'],
  ])('is refused for %s with %s', async (url, channel, reason) => {
    expect(await create({ gem_name: 'rails', url, channel })).toMatchObject({
      status: 409,
      body: `["${reason}"]`,
    })
    expect(channelOf(url)).toBeUndefined()
  })

  it.each(['slack', 'sms', 'email'])('is no reason to take the same URL twice: %s', async (channel) => {
    const hook = { gem_name: 'rails', url: 'http://example.com/twice' }
    await create(hook)
    expect(await create({ ...hook, channel })).toMatchObject({
      status: 409,
      body: '["A hook for http://example.com/twice has already been registered for rails"]',
    })
  })

  it('is email for mailto: where email is set up', async () => {
    const mailing = await openStage()
    const url = 'mailto:team@example.com'
    expect(await mailing.post('/api/v1/web_hooks', { gem_name: '*', url })).toMatchObject({
      status: 201,
      body: 'Successfully created webhook for all gems to mailto:team@example.com',
    })
    expect(mailing.temp.query('SELECT channel, url FROM endpoints')).toEqual([{ channel: 'email', url }])
    await mailing.close()
  })

  it.each(['mailto:a@example.com,b@example.com', 'mailto:team@example.com?bcc=x@example.com', 'mailto:team'])(
    'is not to be had for %s',
    async (url) => {
      expect(await create({ gem_name: 'rails', url })).toMatchObject({
        status: 409,
        body: '["Url does not appear to be a valid URL", "Url must be mailto: followed by one email address and nothing else"]',
      })
    },
  )
})

describe('the outbound policy', () => {
  it.each([
    'http://127.0.0.1:3000/x',
    'http://localhost:3000/x',
    'http://[::1]:3000/x',
    'http://unknown.example.com/x',
    'http://-.-',
  ])('lets %s be registered where loopback is allowed', async (url) => {
    expect(await create({ gem_name: 'rails', url })).toMatchObject({ status: 201 })
  })

  it.each([
    ['http://10.0.0.1/x', '10.0.0.1 is not an address on the public internet'],
    ['http://169.254.169.254/latest', '169.254.169.254 is not an address on the public internet'],
    ['http://inside.example.com/x', 'inside.example.com has an address that is not on the public internet'],
    ['http://example.com:22/', 'port 22 is not reachable'],
    ['http://example.com:99999/', 'the URL has no valid host and port'],
  ])('refuses %s', async (url, reason) => {
    const answer = await create({ gem_name: 'rails', url })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatch(/^\["Url is refused: .*"\]$/)
    expect(answer.body).toContain(reason)
  })

  it.each([
    ['http://[fd00::1]/x', 'fd00::1 is not an address on the public internet'],
    ['http://no-such-name/x', 'no-such-name does not resolve'],
  ])('refuses %s with RubyGems.org’s words and the reason', async (url, reason) => {
    const { status, body } = await create({ gem_name: 'rails', url })
    expect(status).toBe(409)
    expect(body).toContain(`["Url does not appear to be a valid URL", "Url is refused: ${reason}`)
  })

  it('refuses this machine where nothing is allowed', async () => {
    const closed = await openStage({ allow: nothing })
    const register = (url: string) => closed.post('/api/v1/web_hooks', { gem_name: 'rails', url })
    for (const url of ['http://localhost:3000/x', 'http://[::1]/x'])
      expect((await register(url)).body).toMatch(
        /^\["Url does not appear to be a valid URL", "Url is refused: /,
      )
    expect((await register('http://127.0.0.1/x')).body).toMatch(/^\["Url is refused: 127\.0\.0\.1 is not/)
    expect((await register('http://2130706433/x')).body).toContain('127.0.0.1 is not an address')
    expect((await register('http://example.com/x')).status).toBe(201)
    await closed.close()
  })
})

describe('the log', () => {
  it('tells of a registration, but no secret', async () => {
    api.logged.length = 0
    await create({ gem_name: 'rails', url: 'https://u:pass@hooks.slack.com/services/T/B/token?q=token' })
    expect(api.logged).toMatchObject([
      { msg: 'hook registered', account: 1, gem: 'rails', channel: 'slack', host: 'hooks.slack.com' },
    ])
    expect(JSON.stringify(api.logged)).not.toMatch(/token|pass|gh_key/)
  })
})

/** Makes a function whose calls all wait until it was called so many times. */
function latch(times: number): () => Promise<void> {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let calls = 0
  return () => {
    if (++calls === times) open()
    return opened
  }
}
