import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aMessage } from '../../channels/jobs.js'
import { testTime } from '../../helpers/temp-ledger.js'
import {
  formNamed,
  linkOf,
  openPageStage,
  type PageStage,
  titlesOf,
  type Visited,
} from '../hooks/page-stage.js'

let stage: PageStage
beforeEach(async () => {
  stage = await openPageStage()
})
afterEach(() => stage.close())

const keep = (id: string, changes: Parameters<typeof aMessage>[0] = {}, account?: string) =>
  stage.temp.ledger.inbox.keep(
    {
      accountId: stage.accountId(account),
      name: 'demo',
      deliveryId: changes.origin === undefined ? 7 : null,
      message: aMessage({ id, ...changes }),
    },
    testTime - 60_000,
  )
const rows = ({ page }: Visited) =>
  page.elements
    .filter(({ attributes }) => attributes['data-row'] !== undefined)
    .map(({ text, attributes }) => [attributes.href, text])

it('begins with a form for the first inbox', async () => {
  const page = await stage.get('/inbox')
  expect(page.page.text).toContain('No inbox yet')
  const { action, ...fields } = formNamed(page, 'Add hook')
  expect((await stage.post(action ?? '', fields)).status).toBe(303)
  expect(rows(await stage.get('/inbox'))).toEqual([['/inbox/demo', 'demo']])
})

it('lists inboxes page after page, each once', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `inbox-${100 + index}`)
  for (const name of names) stage.temp.hook({ channel: 'inbox', url: `inbox:${name}` })
  const first = await stage.get('/inbox')
  const second = await stage.get(linkOf(first, 'Next page') ?? '')
  expect([rows(first).length, rows(second).length]).toEqual([50, 10])
  expect([...rows(first), ...rows(second)].map(([, text]) => text)).toEqual(names)
  expect([linkOf(second, 'Next page'), linkOf(second, 'First page')]).toEqual([undefined, '/inbox'])
  expect(rows(await stage.get('/inbox?after=..%2f'))).toEqual(rows(first))
})

describe('an inbox', () => {
  it('lists its messages, the newest first, test or real', async () => {
    keep('msg_1')
    keep('msg_2', { origin: 'fire' })
    const page = await stage.get('/inbox/demo')
    expect(rows(page)).toEqual([
      ['/inbox/demo/2', 'Test: rails 8.1.3.1 released (patch)'],
      ['/inbox/demo/1', 'rails 8.1.3.1 released (patch)'],
    ])
    expect(page.page.text).toMatch(/test\s*1 min ago.*real\s*1 min ago/s)
  })

  it('goes on page after page, each message once', async () => {
    for (let i = 1; i <= 60; i++) keep(`msg_${i}`)
    const seen: unknown[] = []
    for (let path: string | undefined = '/inbox/demo'; path !== undefined; ) {
      const visited: Visited = await stage.get(path)
      seen.push(...rows(visited).map(([href]) => href))
      path = linkOf(visited, 'Older')
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `/inbox/demo/${60 - i}`))
  })

  it('says how to have messages sent there while it is empty', async () => {
    const page = await stage.get('/inbox/new-one')
    expect(page.page.text).toContain('Nothing is kept here yet')
    expect(formNamed(page, 'Add hook')).toMatchObject({ gem: '*', url: 'inbox:new-one' })
    expect(page.page.text).toContain("-d 'url=inbox:new-one'")
  })

  it('gives each account a feed of its own', async () => {
    const feedOf = async (account?: string) =>
      (await stage.get('/inbox/demo', account)).page.elements.find(({ name, attributes }) => {
        return name === 'link' && attributes.type === 'application/atom+xml'
      })?.attributes.href ?? ''
    const feeds = [await feedOf(), await feedOf('second')].map((href) => new URL(href, 'http://here.invalid'))
    expect(feeds.map(({ pathname }) => pathname)).toEqual(['/inbox/demo.atom', '/inbox/demo.atom'])
    const [mine, theirs] = feeds.map(({ searchParams }) => searchParams.get('token') ?? '')
    expect([mine, theirs]).toEqual([
      expect.stringMatching(/^key\/1\/demo\./),
      expect.stringMatching(/^key\/2\/demo\./),
    ])
  })

  it('says what ends the address of its feed', async () => {
    expect((await stage.get('/inbox/demo')).page.text).toMatch(/ends with the API key/)
  })

  it.each(['/inbox/NO', '/inbox/a.b', '/inbox/demo/x', '/inbox/demo/99', '/inbox/demo/99/email.html'])(
    'has nothing at %s',
    async (path) => {
      expect((await stage.get(path)).status).toBe(404)
    },
  )
})

describe('a message', () => {
  it('is shown as the three channels send it, without what the API key makes', async () => {
    keep('msg_1')
    const visited = await stage.get('/inbox/demo/1')
    const { page, html } = visited
    expect(titlesOf(visited)).toEqual(['Slack', 'Email', 'Webhook'])
    expect(page.text).toContain('[gems] rails 8.1.3.1 released (patch)')
    expect(page.text).toContain('webhook-id: msg_1')
    expect(page.text).toContain('webhook-signature: (HMAC')
    expect(html).not.toMatch(/v1,[A-Za-z0-9+/]{43}=|authorization: [0-9a-f]{64}/)
    const link = page.elements.find(({ attributes }) => attributes.href === '/gems/rails/versions/8.1.3.1')
    expect(link).toBeDefined()
  })

  it('shows its HTML in a frame that nothing works in', async () => {
    keep('msg_1')
    const { headers, html } = await stage.get('/inbox/demo/1/email.html')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; base-uri 'none'; form-action 'none'; sandbox; frame-ancestors 'self'",
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(html).toContain('rails 8.1.3.1 released (patch)')
  })

  it('is seen by its account alone', async () => {
    keep('msg_1', {}, 'second')
    for (const path of ['/inbox/demo/1', '/inbox/demo/1/email.html']) {
      expect((await stage.get(path)).status).toBe(404)
      expect((await stage.get(path, 'second')).status).toBe(200)
    }
    expect(rows(await stage.get('/inbox/demo'))).toEqual([])
  })
})
