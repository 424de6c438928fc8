import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Rubygems } from '../../src/rubygems/client.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import type { OrgAccount } from '../helpers/rubygems-org.js'
import { authorizationFor } from '../helpers/webhooks.js'
import { problem, type Stage, setStage, value } from './stage.js'

let stage: Stage
let account: OrgAccount
let rubygems: Rubygems
let receiver: HttpSink
let hook: { gemName: string; url: string }

beforeEach(async () => {
  stage = await setStage()
  account = stage.org.addAccount('ada')
  stage.org.push('rails', '8.1.3')
  stage.org.push('gemcutter', '0.7.1')
  rubygems = stage.client({ apiKey: account.key })
  receiver = await startHttpSink({ headers: { 'Content-Type': 'text/plain' }, body: 'OK' })
  hook = { gemName: 'rails', url: `${receiver.url}/hook` }
})

afterEach(async () => {
  await stage.close()
  await receiver.close()
})

const webHooks = () => rubygems.webHooks

describe('create, list and remove', () => {
  it('do it, and tell it in the upstream’s words', async () => {
    const all = { ...hook, gemName: '*' }
    expect(value(await webHooks().create(hook))).toBe(`Successfully created webhook for rails to ${hook.url}`)
    expect(value(await webHooks().create(all))).toBe(
      `Successfully created webhook for all gems to ${hook.url}`,
    )
    expect(value(await webHooks().list())).toEqual([
      { ...hook, failureCount: 0 },
      { ...all, failureCount: 0 },
    ])
    expect(value(await webHooks().remove(all))).toBe(
      `Successfully removed webhook for all gems to ${hook.url}`,
    )
    expect(value(await webHooks().list())).toEqual([{ ...hook, failureCount: 0 }])
  })

  it('pass any URL on as it is', async () => {
    const odd = { gemName: 'rails', url: 'http://example.com/"#{x}"?a=b&c=%20+é' }
    value(await webHooks().create(odd))
    expect(account.hooks[0]?.url).toBe(odd.url)
    value(await webHooks().remove(odd))
    expect(account.hooks).toEqual([])
  })

  it('pass on what a gemherald takes besides, only when it is given', async () => {
    const wishes = { channel: 'slack', kind: 'yanked' } as const
    value(await webHooks().create({ ...hook, channel: undefined }))
    value(await webHooks().fire(hook))
    value(await webHooks().fire({ ...hook, ...wishes }))
    const sent = stage.org.requests.all.map(({ body }) =>
      Object.fromEntries(new URLSearchParams(String(body))),
    )
    const address = { gem_name: 'rails', url: hook.url }
    expect(sent).toEqual([address, address, { ...address, ...wishes }])
  })

  it('touch only what is the account’s own', async () => {
    const other = stage.org.addAccount('grace')
    value(await stage.client({ apiKey: other.key }).webHooks.create(hook))
    expect(value(await webHooks().list())).toEqual([])
    expect(problem(await webHooks().remove(hook))).toMatchObject({
      code: 'not_found',
      text: 'No such webhook exists under your account.',
    })
    expect(other.hooks).toHaveLength(1)
  })

  it('do not remember a listing', async () => {
    const headers = { ETag: '"1"' }
    stage.org.fail((_, truth) => ({ ...truth, headers }))
    await webHooks().list()
    account.hooks.push({ gemName: 'rails', url: 'http://a.example', failureCount: 4, disabled: true })
    expect(value(await webHooks().list())).toEqual([
      { gemName: 'rails', url: 'http://a.example', failureCount: 4 },
    ])
    expect(stage.org.requests.all.every(({ headers }) => headers['if-none-match'] === undefined)).toBe(true)
  })
})

describe('refusals', () => {
  it('of a hook that is there already', async () => {
    await webHooks().create(hook)
    expect(problem(await webHooks().create(hook))).toMatchObject({
      code: 'conflict',
      status: 409,
      text: `["A hook for ${hook.url} has already been registered for rails"]`,
    })
  })

  it('of a URL that is none', async () => {
    expect(problem(await webHooks().create({ gemName: 'rails', url: 'nowhere' })).text).toBe(
      '["Url does not appear to be a valid URL"]',
    )
  })

  it('of an unknown gem', async () => {
    for (const call of [webHooks().create, webHooks().remove, webHooks().fire])
      expect(problem(await call({ ...hook, gemName: 'nothing' }))).toMatchObject({
        code: 'not_found',
        text: 'This gem could not be found',
      })
  })

  it('of an unknown key', async () => {
    rubygems = stage.client({ apiKey: 'rubygems_unknown' })
    for (const call of [webHooks().create, webHooks().remove, webHooks().fire, () => webHooks().list()])
      expect(problem(await call(hook))).toMatchObject({
        code: 'unauthorized',
        status: 401,
        text: 'Access Denied. Please sign up for an account at https://rubygems.org',
      })
  })

  it('of a key that may not', async () => {
    const { key } = stage.org.addAccount('grace', { keys: [{ scopes: ['push_rubygem'] }] })
    rubygems = stage.client({ apiKey: key })
    for (const call of [webHooks().create, webHooks().fire, () => webHooks().list()])
      expect(problem(await call(hook))).toMatchObject({
        code: 'forbidden',
        status: 403,
        text: 'This API key cannot perform the specified action on this gem.',
      })
  })
})

describe('an answer that makes no sense', () => {
  it.each([304, 204])('is unavailable, or done (%i)', async (status) => {
    stage.org.fail({ status, headers: {}, body: '' })
    expect((await webHooks().create(hook)).ok).toBe(status === 204)
    expect(problem(await webHooks().list()).code).toBe('unavailable')
  })
})

describe('fire', () => {
  it('has a message sent that proves itself, and tells what came back', async () => {
    expect(value(await webHooks().fire({ ...hook, gemName: '*' }))).toMatch(
      new RegExp(
        `^Successfully deployed webhook for gemcutter to ${hook.url}\n\nResponse: 200\n(.*\n)*Content-Type: text/plain\n(.*\n)*\nOK$`,
      ),
    )
    const [request] = receiver.received
    expect(request?.headers.authorization).toBe(authorizationFor('gemcutter', '0.7.1', account.secret))
    expect(JSON.parse(String(request?.body))).toMatchObject({ name: 'gemcutter', version: '0.7.1' })
    expect(account.hooks).toEqual([])
  })

  it('fails with what the receiver said', async () => {
    receiver.answer({ status: 404, body: 'nobody here' })
    const failed = problem(await webHooks().fire(hook))
    expect(failed).toMatchObject({ code: 'invalid', status: 400 })
    expect(failed.text).toMatch(
      /^There was a problem deploying webhook for rails to .*\nFailed with status "failure": exceeded\n\nResponse: 404\n(.*\n)*nobody here$/,
    )
  })

  it('is throttled, and says until when', async () => {
    for (let i = 0; i < 10; i++) value(await webHooks().fire(hook))
    const failed = problem(await webHooks().fire(hook))
    expect(failed).toMatchObject({ code: 'throttled', status: 429, text: 'Retry later\n' })
    stage.time += failed.retryAfterMs ?? 0
    value(await webHooks().fire(hook))
  })
})
