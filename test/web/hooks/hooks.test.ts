import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { outcomeOf, testTime } from '../../helpers/temp-ledger.js'
import { formNamed, linkOf, openPageStage, type PageStage, type Visited } from './page-stage.js'

let stage: PageStage
beforeEach(async () => {
  stage = await openPageStage()
})
afterEach(() => stage.close())

const hooks = (account?: string) => stage.temp.ledger.hooks.list(stage.accountId(account))
const rows = ({ page }: Visited) =>
  page.elements
    .filter(({ attributes }) => attributes['data-row'] !== undefined)
    .map(({ text }) => text.trim())
const slack = 'https://hooks.slack.com/services/T0000/B0000/canary-secret-wxyz'

describe('the form', () => {
  it.each([
    [{ gem: 'rails', url: '' }, 422, 'Say where messages go'],
    [{ gem: '', url: 'inbox:demo' }, 422, 'Say which gem'],
    [
      { gem: 'no-such-gem', url: 'inbox:demo' },
      404,
      'This gem could not be found. Check the spelling, or use * for every gem.',
    ],
    [{ gem: 'rails', url: 'nonsense' }, 422, 'Write https://…, mailto:… or inbox:NAME.'],
    [{ gem: 'rails', url: 'inbox:NO' }, 422, 'Url must be inbox: followed by a name'],
    [{ gem: 'rails', url: 'http://localhost:9/' }, 422, 'Url is refused: port 9 is not reachable'],
    [{ gem: 'rails', url: 'mailto:a@example.com' }, 503, 'set SMTP_URL and MAIL_FROM'],
    [{ gem: 'rails', url: 'inbox:demo', channel: 'slack' }, 422, 'needs an http or https URL'],
  ])('refuses %j with %i, says why, and keeps what was written', async (fields, status, reason) => {
    const refused = await stage.post('/hooks', fields)
    expect(refused.status).toBe(status)
    expect(refused.page.text).toContain(reason)
    expect(refused.page.text).not.toContain('does not appear')
    expect(formNamed(refused, 'Add hook')).toMatchObject({ gem: fields.gem, url: fields.url })
    expect(hooks()).toEqual([])
    expect(stage.changes()).toBe(0)
  })

  it('adds a hook once, on the channel that was chosen', async () => {
    const form = { gem: 'rails', url: slack, channel: 'slack' }
    expect(await stage.post('/hooks', form)).toMatchObject({ status: 303, location: '/hooks?did=added' })
    expect(stage.changes()).toBe(1)
    const again = await stage.post('/hooks', form)
    expect(again.status).toBe(409)
    expect(again.page.text).toContain('has already been registered')
    const [{ id } = { id: 0 }] = stage.temp.query<{ id: number }>('SELECT id FROM endpoints')
    expect(linkOf(again, 'See the hook that is there, and how it fares')).toBe(`/endpoints/${id}`)
    expect(hooks()).toEqual([{ gemName: 'rails', url: slack, failureCount: 0 }])
  })

  it('changes nothing without the session’s token', async () => {
    const forged = await stage.post('/hooks', { csrf: 'x.y', gem: '*', url: 'inbox:demo' })
    expect([forged.status, hooks()]).toEqual([403, []])
  })

  it('leads back to where it stood, on this server only', async () => {
    const back = (path: string) =>
      stage.post('/hooks', { gem: '*', url: `inbox:x${path.length}`, back: path })
    expect((await back('/endpoints/1')).location).toBe('/endpoints/1?did=added')
    expect((await back('//evil.example/')).location).toBe('/?did=added')
  })
})

it.each([
  ['MAILTO:Ada%40example.com', 'email'],
  ['inbox:demo', 'inbox'],
] as const)('says where a hook to %s leads that is there already', async (url, channel) => {
  stage.temp.hook({ gemName: '*', url: `${url}x`, channel })
  const id = stage.temp.hook({ gemName: '*', url, channel })
  const again = await stage.post('/hooks', { gem: '*', url })
  expect(again.status).toBe(409)
  expect(linkOf(again, 'See the hook that is there, and how it fares')).toBe(`/endpoints/${id}`)
})

describe('the list', () => {
  it('shows web addresses shortened, and mail and inboxes whole', async () => {
    for (const url of [slack, 'https://example.com/', 'mailto:ada@example.com', 'inbox:demo'])
      stage.temp.hook({ gemName: 'rails', url, channel: 'webhook' })
    const page = await stage.get('/hooks')
    expect(rows(page)).toEqual(['hooks.slack.com/…wxyz', 'example.com', 'ada@example.com', 'inbox:demo'])
    expect(page.page.text).not.toContain('canary-secret')
  })

  it('shows the hooks of the account, and of no other', async () => {
    stage.temp.hook({ gemName: 'rails', url: 'inbox:mine', channel: 'inbox' })
    const theirs = stage.temp.hook({ url: 'inbox:theirs', channel: 'inbox', account: 'second' })
    expect(rows(await stage.get('/hooks'))).toEqual(['inbox:mine'])
    expect((await stage.get(`/endpoints/${theirs}`)).status).toBe(404)
    expect((await stage.post(`/endpoints/${theirs}/disable`, {})).status).toBe(404)
    await stage.post('/hooks/remove', { gem: '*', url: 'inbox:theirs' })
    expect(hooks('second')).toHaveLength(1)
  })

  it.each([
    ['by=gem', ['* every gem', 'rack', 'rails']],
    ['by=gem&search=RA', ['rack', 'rails']],
    ['search=two', ['inbox:two']],
    ['gem=rails', ['inbox:one', 'inbox:two']],
    ['by=gem&gem=rails', ['rails']],
    ['search=nothing', []],
  ])('with %s shows %j', async (query, expected) => {
    for (const [gemName, url] of [
      ['rails', 'inbox:one'],
      ['rack', 'inbox:one'],
      ['rails', 'inbox:two'],
      ['*', 'inbox:three'],
    ] as const)
      stage.temp.hook({ gemName, url, channel: 'inbox' })
    const page = await stage.get(`/hooks?${query}`)
    expect(rows(page)).toEqual(expected)
    expect(page.page.text.includes('No hook is like that')).toBe(expected.length === 0)
  })

  it.each(['endpoint', 'gem'])('by %s, goes on page after page, each row once', async (by) => {
    for (let i = 100; i < 160; i++)
      stage.temp.hook({ gemName: `gem-${i}`, url: `inbox:n${i}`, channel: 'inbox' })
    const seen: string[] = []
    for (let path: string | undefined = `/hooks?by=${by}`; path !== undefined; ) {
      const visited: Visited = await stage.get(path)
      seen.push(...rows(visited))
      path = linkOf(visited, 'Next page')
    }
    const expected = Array.from({ length: 60 }, (_, i) =>
      by === 'gem' ? `gem-${100 + i}` : `inbox:n${100 + i}`,
    )
    expect(seen).toEqual(expected)
  })

  it('tells how an endpoint fares', async () => {
    const id = stage.temp.hook({ url: 'inbox:demo', channel: 'inbox' })
    const text = async () => (await stage.get('/hooks')).page.text
    expect(await text()).toContain('no success yet')
    stage.temp.change(
      'UPDATE endpoints SET failures_since_last_success = 3, last_success_at = ? WHERE id = ?',
      testTime - 180_000,
      id,
    )
    stage.temp.change('UPDATE hooks SET failure_count = 7')
    stage.pace = { underWay: 2, mostUnderWay: 4, msBetweenStarts: 0, restMs: 12_000 }
    expect(await text()).toMatch(/failing.*Last success 3 min ago.*3 given up since/s)
    expect(await text()).toContain('2 of at most 4 under way, left alone for 12 s')
    expect(await text()).toContain('7 given up in all')
    stage.temp.ledger.endpoints.disable(stage.accountId(), id, '410 <gone>', testTime - 60_000)
    expect(await text()).toMatch(/disabled.*Disabled 1 min ago: 410 <gone>/s)
  })

  it.each(['endpoint', 'gem'])(
    'by %s, says that an endpoint fails before anything is given up',
    async (by) => {
      stage.temp.hook({ gemName: 'rails', url: slack })
      for (const version of ['1.0', '1.1']) stage.temp.arrive({ name: 'rails', version })
      stage.temp.fanOut()
      const text = async () => (await stage.get(`/hooks?by=${by}`)).page.text
      expect(await text()).toContain('no success yet')
      for (const { deliveryId } of stage.temp.due())
        stage.temp.ledger.outcomes.record(
          [
            outcomeOf(
              { deliveryId, attempt: 1 },
              { verdict: 'retry', statusCode: 404, startedAt: testTime - 60_012 },
            ),
          ],
          testTime,
          testTime,
        )
      expect(await text()).toContain('failing')
      if (by === 'endpoint')
        expect(await text()).toContain('2 waiting after a failure; last: answered 404, 1 min ago')
    },
  )

  it('removes a hook, and says when there is none any more', async () => {
    stage.temp.hook({ gemName: 'rails', url: 'inbox:demo', channel: 'inbox' })
    stage.temp.hook({ gemName: 'rack', url: 'inbox:demo', channel: 'inbox' })
    const { action, ...fields } = formNamed(await stage.get('/hooks?by=gem'), 'Remove rails to inbox:demo')
    expect(action).toBe('/hooks/remove')
    expect((await stage.post('/hooks/remove', fields)).location).toBe('/hooks?by=gem&did=removed')
    expect(hooks().map(({ gemName }) => gemName)).toEqual(['rack'])
    expect((await stage.post('/hooks/remove', fields)).location).toBe('/hooks?by=gem&did=gone')
    expect(stage.changes()).toBe(1)
  })

  it('takes no notice of words that are not its own', async () => {
    const notices = async (did: string) =>
      (await stage.get(`/hooks?did=${did}`)).page.elements.filter(({ attributes }) =>
        attributes.class?.startsWith('notice'),
      ).length
    expect(await notices('added')).toBe(1)
    for (const did of ['<b>', 'constructor', '__proto__']) expect(await notices(did)).toBe(0)
  })
})

describe('previews', () => {
  it('shows how a release looks, and sends nothing', async () => {
    const { page, status } = await stage.get('/preview?gem=rails&kind=yanked')
    expect(status).toBe(200)
    expect(page.text).toMatch(/Test: rails \S+ yanked/)
    expect(stage.manage.jobs).toEqual([])
    const frame = page.elements.find(({ name }) => name === 'iframe')
    expect(frame?.attributes).toMatchObject({
      src: '/preview/email.html?gem=rails&kind=yanked',
      sandbox: '',
    })
    const email = await stage.get(frame?.attributes.src ?? '')
    expect(email.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'.*; sandbox; frame-ancestors 'self'$/,
    )
    expect(email.headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(email.html).toContain('It can no longer be installed'.slice(3))
  })

  it('shows one at once, without being told of a gem', async () => {
    expect((await stage.get('/preview')).page.text).toContain('gemcutter')
  })

  it.each([
    ['gem=no-such-gem', 404, 'This gem could not be found.'],
    ['gem=rails&kind=eaten', 422, 'Kind is not one of pushed, yanked.'],
  ])('with %s says why there is none', async (query, status, reason) => {
    for (const path of ['/preview', '/preview/email.html']) {
      const answer = await stage.get(`${path}?${query}`)
      expect(answer.status).toBe(status)
      expect(answer.page.text).toContain(reason)
    }
  })
})
