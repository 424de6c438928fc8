import { afterAll, beforeAll, expect, it } from 'vitest'
import { unsubscribeUrl } from '../../src/manage/unsubscribe.js'
import { createSigner } from '../../src/secret.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { until } from '../helpers/wait.js'

const secret = 'the secret of a server that is watched'
const url = 'http://127.0.0.1:1025/hook'

let server: TestGemherald
let heard = ''
const hangUp = new AbortController()

beforeAll(async () => {
  server = await startGemherald({ env: { GEMHERALD_SECRET: secret } })
  const signedIn = await fetch(server.signInLink(), { redirect: 'manual' })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const page = await fetch(`${server.url}/live`, { headers: { cookie }, signal: hangUp.signal })
  expect(page.status).toBe(200)
  listen(page).catch(() => undefined)
})
afterAll(async () => {
  hangUp.abort()
  await server.remove()
})

async function listen({ body }: Response): Promise<void> {
  for await (const chunk of body ?? []) heard += Buffer.from(chunk).toString()
}

const changes = () => heard.split('data: changed').length - 1
const post = async (path: string) => {
  const answer = await fetch(server.url + path, { method: 'POST', headers: { authorization: apiKey } })
  expect(answer.status).toBe(200)
}

// In this order: each is a change to what the one before left.
it.each<[string, () => Promise<unknown>]>([
  ['a hook is registered', () => server.addHook('rails', url)],
  ['an endpoint is disabled', () => post('/api/v1/endpoints/1/disable')],
  ['an endpoint is enabled', () => post('/api/v1/endpoints/1/enable')],
  ['a hook is removed', () => server.removeHook('rails', url)],
  [
    'an address is unsubscribed',
    () => post(new URL(unsubscribeUrl(server.url, createSigner(secret, 'unsubscribe'), 1)).pathname),
  ],
])('open pages hear that %s, though no page did it', async (_what, change) => {
  const before = changes()
  await change()
  await until('the page hears of it', () => changes() > before)
})
