import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codePoint } from '../helpers/code-point.js'
import { key, openStage, type Stage } from './stage.js'

let api: Stage

beforeAll(async () => {
  api = await openStage()
  api.temp.arrive({ name: 'in-house' })
})

afterAll(() => api.close())

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const json = { 'Content-Type': 'application/json' }

const gemName = fc.oneof(
  fc.constantFrom('rails', '*', 'in-house', '', '..', '__proto__', 'constructor', '../../x', 'a%2f..', '*\n'),
  fc.string({ unit: codePoint, maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
)

const url = fc.oneof(
  fc.webUrl(),
  fc.emailAddress().map((address) => `mailto:${address}`),
  fc.stringMatching(/^(https?|mailto|ftp)?:?\/{0,2}[a-z@:.[\]#?/%"\\#{}$ \t\n\0-]{0,40}$/),
  fc.string({ unit: codePoint, maxLength: 300 }),
  fc.constantFrom(
    'http://localhost/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x7f.1/',
    'http://1/',
  ),
)

const channel = fc.oneof(fc.constant(null), fc.constantFrom('webhook', 'slack', 'email'), fc.string())

/** Every answer to create that is documented or one of gemherald's own. */
const answers: Record<number, RegExp> = {
  201: /^Successfully created webhook for .+ to .+$/s,
  400: /^\{"error":"(bad request|URL was not provided)"\}$|^\{"status":400,"error":"Bad Request"\}$/,
  404: /^This gem could not be found$/,
  409: /^\["(Url|Channel|A hook for|A global hook for) .*"\]$/,
}

describe('hostile input', () => {
  it('gets a documented answer when it wants to register', async () => {
    await fc.assert(
      fc.asyncProperty(gemName, url, channel, fc.boolean(), async (gem_name, url, channel, asJson) => {
        const parameters = { gem_name, url, ...(channel === null ? {} : { channel }) }
        const answer = await api.call('POST', '/api/v1/web_hooks.json', {
          headers: asJson ? json : form,
          body: asJson ? JSON.stringify(parameters) : encodeForm(parameters),
        })
        expect(answers[answer.status], `${answer.status} ${answer.body}`).toBeDefined()
        expect(answer.body).toMatch(answers[answer.status] as RegExp)
        if (answer.status === 201) expect(await isListed(gem_name, url)).toBe(true)
      }),
      { numRuns: 600 },
    )
  })

  it('reaches the upstream only as names of gems', () => {
    expect(api.upstream.asked.filter((name) => !/^[A-Za-z0-9._-]{1,255}$/.test(name))).toEqual([])
  })

  it('gets a documented answer when it wants to remove', async () => {
    await fc.assert(
      fc.asyncProperty(gemName, url, async (gem_name, url) => {
        const body = encodeForm({ gem_name, url })
        const answer = await api.call('DELETE', '/api/v1/web_hooks/remove.json', { headers: form, body })
        expect([200, 400, 404]).toContain(answer.status)
      }),
      { numRuns: 300 },
    )
  })

  it('gets a documented answer as it stands, whatever the body and its type', async () => {
    const type = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=X',
      'multipart/form-data',
      'text/plain',
      ';;;',
    )
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .string()
        .map((text) =>
          Buffer.from(`--X\r\nContent-Disposition: form-data; name="${text}"\r\n\r\n${text}\r\n--X--`),
        ),
    )
    await fc.assert(
      fc.asyncProperty(type, body, async (type, body) => {
        const answer = await api.call('POST', '/api/v1/web_hooks', {
          headers: { 'Content-Type': type },
          body,
        })
        expect([400, 404]).toContain(answer.status)
      }),
      { numRuns: 300 },
    )
  })
})

function encodeForm(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}

async function isListed(gemName: string, url: string): Promise<boolean> {
  const { body } = await api.call('GET', '/api/v1/web_hooks.json', { key })
  const hooks: { url: string }[] = JSON.parse(body)[gemName === '*' ? 'all gems' : gemName] ?? []
  return hooks.some((hook) => hook.url === url)
}
