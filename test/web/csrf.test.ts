import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSigner } from '../../src/secret.js'
import { type FrameStage, openFrameStage, otherKey, type Visitor } from './frame-stage.js'

let stage: FrameStage
let visitor: Visitor
beforeEach(async () => {
  stage = await openFrameStage()
  visitor = stage.visitor()
  await visitor.signIn()
})
afterEach(() => stage.close())

it('a form of this session is let through', async () => {
  const answer = await visitor.post('/hooks', { csrf: await visitor.csrf(), gem: ' rails ' })
  expect(answer).toMatchObject({ status: 303, location: '/hooks' })
  expect(stage.posts).toEqual(['rails'])
})

describe('a form is refused, and nothing happens,', () => {
  const forged: [string, (token: string) => Promise<string> | string][] = [
    ['without a token', () => ''],
    ['with a token that was made up', () => 'x.y'],
    ['with half a token', (token) => token.slice(0, -1)],
    ['with the session and no mark', (token) => token.split('.')[0] ?? ''],
    [
      'with a token made with another secret',
      (token) => createSigner('other', 'csrf').sign(token.split('.')[0] ?? ''),
    ],
    [
      'with a token made for another purpose',
      (token) => createSigner('the secret of the installation', 'feed').sign(token.split('.')[0] ?? ''),
    ],
    [
      'with the token of another session',
      async () => {
        const other = stage.visitor()
        await other.signIn(otherKey)
        return other.csrf()
      },
    ],
  ]
  it.each(forged)('%s', async (_, forge) => {
    const csrf = await forge(await visitor.csrf())
    const answer = await visitor.post('/hooks', { csrf, gem: 'rails' })
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('This form is out of date')
    expect(stage.posts).toEqual([])
  })

  it('with the token in the address', async () => {
    const answer = await visitor.post(`/hooks?csrf=${encodeURIComponent(await visitor.csrf())}`, {
      gem: 'rails',
    })
    expect(answer.status).toBe(403)
    expect(stage.posts).toEqual([])
  })

  it.each([
    ['application/json', (csrf: string) => JSON.stringify({ csrf, gem: 'rails' })],
    ['text/plain', (csrf: string) => `csrf=${csrf}&gem=rails`],
    [
      'multipart/form-data; boundary=x',
      (csrf: string) => `--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n${csrf}\r\n--x--`,
    ],
  ])('as %s', async (type, bodyOf) => {
    const answer = await fetch(`${stage.url}/hooks`, {
      method: 'POST',
      headers: { 'content-type': type, cookie: visitor.cookie() ?? '' },
      body: bodyOf(await visitor.csrf()),
    })
    expect(answer.status).toBe(403)
    expect(stage.posts).toEqual([])
  })

  it('from a session that was begun before, with the form of that time', async () => {
    const csrf = await visitor.csrf()
    await visitor.signIn()
    expect((await visitor.post('/hooks', { csrf })).status).toBe(403)
    expect((await visitor.post('/sign-out', { csrf })).status).toBe(403)
    expect((await visitor.get('/')).status).toBe(200)
  })

  it('when it is too large', async () => {
    const answer = await visitor.post('/hooks', { csrf: await visitor.csrf(), gem: 'x'.repeat(70_000) })
    expect(answer.status).toBe(413)
    expect(answer.body).toContain('Nothing was changed')
    expect(stage.posts).toEqual([])
  })
})

it('of several fields of one name the last counts', async () => {
  const csrf = await visitor.csrf()
  const body = `csrf=${csrf}&gem=a&gem=+b+`
  await fetch(`${stage.url}/hooks`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: visitor.cookie() ?? '' },
    body,
  })
  expect(stage.posts).toEqual(['b'])
})
