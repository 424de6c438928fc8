import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aMessage } from '../channels/jobs.js'
import { nothing } from '../helpers/outbound-parts.js'
import { key, openStage, otherKey, type Stage } from './stage.js'

let api: Stage
beforeEach(async () => {
  // Inboxes are no way out: they work where nothing on this machine may be reached and no name resolves.
  api = await openStage({ allow: nothing })
  api.temp.arrive({ name: 'rails', version: '8.1.2' })
  api.temp.arrive({ name: 'rails', version: '8.1.3' })
})
afterEach(() => api.close())

const create = (parameters: Record<string, string>, useKey = key) =>
  api.post('/api/v1/web_hooks', parameters, useKey)
const fire = (parameters: Record<string, string>, useKey = key) =>
  api.post('/api/v1/web_hooks/fire', parameters, useKey)
const kept = (name: string, account?: string) =>
  api.temp.ledger.inbox.list(api.temp.account(account), name, { before: null, limit: 9 })

const problem =
  'Url must be inbox: followed by a name of lower-case letters, digits, - and _, 64 characters at most'

describe('a hook to an inbox', () => {
  it('is registered, listed and removed like any other', async () => {
    const hook = { gem_name: 'rails', url: 'inbox:demo' }
    expect(await create(hook)).toMatchObject({
      status: 201,
      body: 'Successfully created webhook for rails to inbox:demo',
    })
    expect(await create(hook)).toMatchObject({
      status: 409,
      body: '["A hook for inbox:demo has already been registered for rails"]',
    })
    expect(await create({ ...hook, gem_name: '*', channel: 'inbox' })).toMatchObject({ status: 201 })
    const { body } = await api.call('GET', '/api/v1/web_hooks.json')
    expect(JSON.parse(body)).toEqual({
      rails: [{ failure_count: 0, url: 'inbox:demo' }],
      'all gems': [{ failure_count: 0, url: 'inbox:demo' }],
    })
    expect(api.temp.query('SELECT channel, url FROM endpoints')).toEqual([
      { channel: 'inbox', url: 'inbox:demo' },
    ])
    const query = new URLSearchParams(hook)
    expect(await api.call('DELETE', `/api/v1/web_hooks/remove?${query}`)).toMatchObject({ status: 200 })
  })

  it.each([
    ['inbox:Demo', `["Url does not appear to be a valid URL", "${problem}"]`],
    ['INBOX:demo', `["Url does not appear to be a valid URL", "${problem}"]`],
    ['inbox:', `["Url does not appear to be a valid URL", "${problem}"]`],
    ['inbox://demo', `["Url does not appear to be a valid URL", "${problem}"]`],
    ['inbox:a/b', `["Url does not appear to be a valid URL", "${problem}"]`],
    ['inbox:demo\n', `["Url does not appear to be a valid URL", "${problem}"]`],
    [`inbox:${'x'.repeat(65)}`, `["Url does not appear to be a valid URL", "${problem}"]`],
    ['an inbox:demo', '["Url does not appear to be a valid URL"]'],
  ])('is refused as %j', async (url, body) => {
    expect(await create({ gem_name: 'rails', url })).toMatchObject({ status: 409, body })
  })

  it.each([
    ['inbox:demo', 'webhook', 'Channel webhook needs an http or https URL'],
    ['inbox:demo', 'email', 'Channel email needs a mailto: URL'],
    ['http://example.com/', 'inbox', 'Channel inbox needs inbox: followed by a name'],
  ])('must suit its channel: %s, %s', async (url, channel, reason) => {
    expect(await create({ gem_name: 'rails', url, channel })).toMatchObject({
      status: 409,
      body: `["${reason}"]`,
    })
  })
})

describe('a test message to an inbox', () => {
  it('is kept, and answered like any other', async () => {
    expect(await fire({ gem_name: 'rails', url: 'inbox:demo' })).toMatchObject({
      status: 200,
      body: 'Successfully deployed webhook for rails to inbox:demo\n\nResponse: 200\n\nKept in inbox:demo.',
    })
    expect(kept('demo')).toMatchObject([
      { name: 'demo', deliveryId: null, message: { number: '8.1.3', previous: '8.1.2', origin: 'fire' } },
    ])
    expect(api.logged).toMatchObject([{ msg: 'hook fired', channel: 'inbox', host: 'inbox' }])
  })

  it('is about gemcutter for all gems', async () => {
    const answer = await fire({ gem_name: '*', url: 'inbox:demo' })
    expect(answer.body).toMatch(/^Successfully deployed webhook for gemcutter to inbox:demo\n/)
    expect(kept('demo')).toMatchObject([{ message: { gemName: 'gemcutter' } }])
  })

  it('goes to the inbox of the account that fires it', async () => {
    await fire({ gem_name: 'rails', url: 'inbox:demo' }, otherKey)
    expect(kept('demo')).toEqual([])
    expect(kept('demo', 'second')).toHaveLength(1)
  })

  it('is kept each time it is fired', async () => {
    await fire({ gem_name: 'rails', url: 'inbox:demo' })
    await fire({ gem_name: 'rails', url: 'inbox:demo', kind: 'yanked' })
    expect(kept('demo').map(({ message }) => message.kind)).toEqual(['yanked', 'pushed'])
  })

  it('is refused with what is wrong when the name is none', async () => {
    const { status, body } = await fire({ gem_name: 'rails', url: 'inbox:No' })
    expect([status, JSON.parse(body).error]).toEqual([
      400,
      `There was a problem deploying webhook for rails to inbox:No\nFailed with status "failure": ${problem}`,
    ])
  })
})

describe('an account with 100 inboxes that no hook leads to', () => {
  const url = (name: string) => ({ gem_name: 'rails', url: `inbox:${name}` })
  const fill = (account?: string) =>
    api.temp.ledger.together(() => {
      for (let number = 0; number < 100; number++) {
        const message = aMessage({ id: `msg_${account}_${number}` })
        const accountId = api.temp.account(account)
        api.temp.ledger.inbox.keep({ accountId, name: `x${number}`, deliveryId: null, message }, 1)
      }
    })
  const refusal = {
    status: 400,
    body: JSON.stringify({
      error: `There was a problem deploying webhook for rails to inbox:one-more
Failed with status "failure": There are 100 inboxes that no hook leads to already: add a hook to inbox:one-more first, or fire at one of those.`,
    }),
  }

  it('gets no other one by a test fire, until a hook leads to it', async () => {
    fill()
    expect(await fire(url('one-more'))).toMatchObject(refusal)
    expect(kept('one-more')).toEqual([])
    expect(await create(url('one-more'))).toMatchObject({ status: 201 })
    expect(await fire(url('one-more'))).toMatchObject({ status: 200 })
  })

  it('can go on firing at those that it has, or that a hook leads to', async () => {
    await create(url('hooked'))
    fill()
    for (const name of ['x0', 'hooked']) expect(await fire(url(name))).toMatchObject({ status: 200 })
    expect(await fire(url('one-more'))).toMatchObject(refusal)
    await create(url('x7'))
    expect(await fire(url('one-more'))).toMatchObject({ status: 200 })
  })

  it('is no trouble for another account', async () => {
    fill('second')
    expect(await fire(url('one-more'))).toMatchObject({ status: 200 })
    expect(await fire(url('one-more'), otherKey)).toMatchObject(refusal)
  })
})
