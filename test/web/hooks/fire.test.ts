import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HttpSink, startHttpSink } from '../../helpers/http-sink.js'
import { formNamed, openPageStage, type PageStage, titlesOf, type Visited } from './page-stage.js'

let stage: PageStage
let sink: HttpSink
beforeEach(async () => {
  sink = await startHttpSink({ status: 201, body: 'thank <you>' })
  stage = await openPageStage()
})
afterEach(async () => {
  await stage.close()
  await sink.close()
})

const fire = (fields: Record<string, string> = {}) =>
  stage.post('/hooks/fire', { gem: 'rails', url: `${sink.url}/hook`, ...fields })
/** What scrolls by itself: by its label, the words in it. */
const codes = ({ page }: Visited) =>
  Object.fromEntries(
    page.elements
      .filter(({ attributes }) => attributes.class === 'code')
      .map(({ attributes, text }) => [attributes['aria-label'] ?? '', text]),
  )

describe('a webhook', () => {
  it('shows exactly what was sent beside the answer', async () => {
    const fired = await fire()
    expect(fired.status).toBe(200)
    const [request] = sink.received
    const shown = codes(fired)
    expect(shown['Body on one line']).toBe(request?.body.toString())
    expect(JSON.parse(shown.Body ?? '')).toEqual(JSON.parse(request?.body.toString() ?? ''))
    for (const name of ['authorization', 'webhook-id', 'webhook-signature', 'webhook-timestamp'])
      expect(shown.Headers).toContain(`${name}: ${request?.headers[name]}`)
    expect(shown['The answer']).toBe('thank <you>')
    expect(fired.page.text).toMatch(/Answer\s*201/)
    expect(fired.page.text).toContain('delivered')
  })

  it('shows why it failed', async () => {
    sink.answer({ status: 503, body: 'later' })
    const fired = await fire()
    expect(fired.status).toBe(200)
    expect(fired.page.text).toContain('A real message would be tried again later.')
    expect(fired.page.text).toContain('not delivered')
    expect(codes(fired)['The answer']).toBe('later')
  })

  it('can be fired as if yanked', async () => {
    const { action, ...fields } = formNamed(await fire(), 'Fire as if yanked')
    await stage.post(action ?? '', fields)
    expect(JSON.parse(sink.received.at(-1)?.body.toString() ?? '')).toMatchObject({ yanked: true })
  })
})

it('of every gem is about the newest release here, and says which gem stands for all', async () => {
  expect((await fire({ gem: '*' })).page.text).toContain('gemcutter stands for them')
  stage.temp.arrive({ name: 'rails', version: '8.1.3' })
  const fired = await fire({ gem: '*' })
  expect(fired.page.text).toContain('A real release of rails, told of by hand')
  expect(fired.page.text).toContain('The hook is on every gem, and rails stands for them.')
  expect(JSON.parse(sink.received.at(-1)?.body.toString() ?? '')).toMatchObject({ version: '8.1.3' })
})

it('opened by its address leads to the hooks', async () => {
  expect(await stage.get('/hooks/fire')).toMatchObject({ status: 303, location: '/hooks' })
})

it('shows Slack’s blocks, and the JSON that was sent', async () => {
  const fired = await fire({ channel: 'slack' })
  expect(JSON.parse(codes(fired)['Slack message'] ?? '')).toEqual(
    JSON.parse(sink.received[0]?.body.toString() ?? ''),
  )
  expect(titlesOf(fired)).toContain('Slack')
  expect(titlesOf(fired)).not.toContain('Webhook')
})

it.each([
  [{ url: 'http://10.0.0.1/' }, 422, 'Url is refused'],
  [{ gem: 'no-such-gem' }, 404, 'This gem could not be found.'],
  [{ gem: '' }, 422, 'name a gem and an address'],
  [{ kind: 'eaten' }, 422, 'Kind is not one of pushed, yanked.'],
])('with %j sends nothing, and says why', async (fields, status, reason) => {
  const fired = await fire(fields)
  expect(fired.status).toBe(status)
  expect(fired.page.text).toContain('Nothing was sent')
  expect(fired.page.text).toContain(reason)
  expect(sink.received).toEqual([])
})

it('lets 60 through in a minute, for each account', async () => {
  const statuses = await Promise.all(Array.from({ length: 61 }, () => fire({ url: 'inbox:demo' })))
  expect(
    statuses
      .map(({ status }) => status)
      .sort()
      .slice(-2),
  ).toEqual([200, 429])
  const other = await stage.post('/hooks/fire', { gem: 'rails', url: 'inbox:demo' }, 'second')
  expect(other.status).toBe(200)
})
