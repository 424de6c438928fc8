import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../../helpers/temp-ledger.js'
import { until } from '../../helpers/wait.js'
import { attributesOf, hrefsIn, pageFaults } from '../release/page-reader.js'
import { deadly, openStage, type Stage } from '../release/stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

function lettersIn(html: string): string[] {
  return attributesOf(html, 'li').flatMap((li) => (li.class === 'delivery' ? [li.id ?? ''] : []))
}

async function redeliver(fields: Record<string, string>): Promise<string> {
  const { status, location } = await stage.post('/dead/redeliver', fields)
  expect(status).toBe(303)
  return location ?? ''
}

describe('the page of dead letters', () => {
  it('says what will stand there when nothing is dead', async () => {
    const { html, text } = await stage.load('/dead')
    expect(pageFaults(html)).toEqual([])
    expect(text).toContain('Nothing was given up')
    expect(hrefsIn(html)).toContain('/hooks')
  })

  it('has the same shell whether anything is dead or not, so that all of it can appear', async () => {
    const live = (html: string) =>
      [...html.matchAll(/ data-live="([^"]*)"( hidden)?/g)].map(([, name, hidden]) => [name, hidden])
    const empty = await stage.load('/dead')
    stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.attempt(deadly)
    const full = await stage.load('/dead')
    expect(pageFaults(full.html)).toEqual([])
    expect(live(empty.html)).toEqual([
      ['dead-groups', ' hidden'],
      ['dead-filter', ' hidden'],
      ['dead', undefined],
    ])
    expect(live(full.html)).toEqual(live(empty.html).map(([name]) => [name, undefined]))
    expect(attributesOf(empty.html, 'form').map(({ action }) => action)).toContain('/dead')
  })

  it('offers to redeliver what can go, and no more', async () => {
    const shut = stage.temp.hook()
    const open = stage.temp.hook({ url: 'http://127.0.0.1:9/open' })
    for (const version of ['1.0', '1.1']) stage.temp.arrive({ version })
    stage.temp.fanOut()
    stage.attempt(deadly)
    expect((await stage.load('/dead')).text).toContain('Redeliver all 4 of all endpoints')
    stage.temp.change(
      "UPDATE endpoints SET disabled_at = ?, disabled_reason = 'gone' WHERE id = ?",
      testTime,
      shut,
    )
    expect((await stage.load('/dead')).text).toContain('Redeliver all 2 of all endpoints2 more cannot go')
    const chosen = await stage.load(`/dead?endpoint=${shut}`)
    expect(chosen.text).toContain('None of these can go')
    expect(chosen.text).not.toContain('Redeliver this one')
    expect(hrefsIn(chosen.html).filter((href) => href === `/endpoints/${shut}`).length).toBeGreaterThan(1)
    expect((await stage.load(`/dead?endpoint=${open}`)).text).toContain('Redeliver all 2 that match')
    stage.temp.change("UPDATE endpoints SET disabled_at = ?, disabled_reason = 'gone'", testTime)
    expect(hrefsIn((await stage.load('/dead')).html)).toContain('#by-endpoint')
  })

  it('keeps times to the millisecond in what it sends and links to', async () => {
    stage.temp.hook()
    for (let i = 0; i < 27; i++) stage.temp.arrive({ version: `1.${i}` })
    stage.temp.fanOut()
    stage.attempt(deadly)
    stage.temp.change('UPDATE deliveries SET finished_at = ?', testTime + 1_234)
    const since = '2026-09-01T12:00:01.234'
    const { html } = await stage.load(`/dead?since=${since}`)
    expect(
      attributesOf(html, 'input')
        .filter(({ name }) => name === 'since')
        .map(({ value }) => value),
    ).toEqual([since, since])
    const older = attributesOf(html, 'a').find(({ rel }) => rel === 'next')?.href ?? ''
    expect(new URL(older, 'http://localhost').searchParams.get('since')).toBe(since)
    expect((await stage.load('/dead?since=2026-09-01T12:00:01.235')).text).toContain('No dead letter fits')
  })

  it('groups by endpoint and says why', async () => {
    const first = stage.temp.hook()
    const second = stage.temp.hook({ channel: 'email' })
    for (const version of ['1.0', '1.1']) stage.temp.arrive({ version })
    stage.temp.fanOut()
    stage.attempt(deadly)
    const { html, text } = await stage.load('/dead')
    expect(pageFaults(html)).toEqual([])
    expect(lettersIn(html)).toHaveLength(4)
    expect(text).toContain('2 team@example.com Emailno success since it was added')
    expect(text).toContain('The endpoint answered 404.')
    expect(text).toContain('no such hook')
    expect(hrefsIn(html)).toEqual(
      expect.arrayContaining([`/dead?endpoint=${first}`, `/dead?endpoint=${second}`]),
    )
    expect(hrefsIn(html)).toContain('/gems/gemherald-demo/versions/1.1')
  })

  it('leaves out what is another account’s', async () => {
    stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.attempt(deadly)
    expect((await stage.load('/dead', 'other')).text).toContain('Nothing was given up')
  })

  it('says that a disabled endpoint must be enabled first', async () => {
    const endpoint = stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.attempt(deadly)
    stage.temp.change("UPDATE endpoints SET disabled_at = ?, disabled_reason = 'it is gone'", testTime)
    const { html, text } = await stage.load('/dead')
    expect(text).toContain('Enable it first')
    expect(hrefsIn(html)).toContain(`/endpoints/${endpoint}`)
    const location = await redeliver({ endpoint: `${endpoint}` })
    await until('it is over', async () =>
      (await stage.load(location)).text.includes('0 deliveries go out again. 1 stay dead'),
    )
    expect(stage.temp.due()).toEqual([])
  })

  it('pages', async () => {
    stage.temp.hook()
    for (let i = 0; i < 27; i++) stage.temp.arrive({ version: `1.${i}` })
    stage.temp.fanOut()
    stage.attempt(deadly)
    const first = await stage.load('/dead')
    const older = attributesOf(first.html, 'a').find(({ rel }) => rel === 'next')?.href ?? ''
    const second = await stage.load(older)
    expect([lettersIn(first.html).length, lettersIn(second.html).length]).toEqual([25, 2])
    expect(new Set([...lettersIn(first.html), ...lettersIn(second.html)]).size).toBe(27)
  })
})

describe('many endpoints with dead letters', () => {
  it('are gone through page after page, each of them once', async () => {
    const ids = Array.from({ length: 27 }, (_, i) => stage.temp.hook({ url: `http://127.0.0.1:9/${i}` }))
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.attempt(deadly)
    const groupsIn = (html: string) =>
      hrefsIn(html).flatMap((href) => /^\/dead\?endpoint=(\d+)$/.exec(href)?.[1] ?? [])
    const first = await stage.load('/dead')
    const more = hrefsIn(first.html).find((href) => href.includes('after=')) ?? ''
    const second = await stage.load(more)
    expect(pageFaults(second.html)).toEqual([])
    expect([groupsIn(first.html).length, groupsIn(second.html).length]).toEqual([25, 2])
    expect([...groupsIn(first.html), ...groupsIn(second.html)]).toEqual(ids.map(String))
    expect(second.text).toContain('First endpoints')
    const beyond = await stage.load('/dead?after=999')
    expect([pageFaults(beyond.html), lettersIn(beyond.html).length]).toEqual([[], 25])
    // One that is on another page can still be the one that is chosen.
    const chosen = await stage.load(`/dead?endpoint=${ids[26]}`)
    expect(attributesOf(chosen.html, 'option').filter((one) => 'selected' in one)).toMatchObject([
      { value: `${ids[26]}` },
    ])
  })

  it('are counted up to a thousand', async () => {
    stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.attempt(deadly)
    const more = (from: number, to: number) =>
      stage.temp.change(`WITH RECURSIVE counted(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM counted WHERE n < ${to}),
        copied AS (SELECT n, e.* FROM counted JOIN events e ON e.id = 1)
        INSERT INTO events (id, kind, gem_name, number, platform, payload, received_at)
        SELECT n, kind, gem_name, n, platform, payload, received_at FROM copied`)
    more(2, 2_100)
    stage.temp.change(`INSERT INTO deliveries (event_id, endpoint_id, account_id, channel, state, due_at, created_at, finished_at)
      SELECT e.id, endpoint_id, account_id, channel, state, due_at, created_at, finished_at
      FROM deliveries JOIN events e ON e.id > 1`)
    expect((await stage.load('/dead')).text).toContain('Redeliver all 1,000+ of all endpoints')
    const finished = new Date(testTime - 60_000).toISOString().slice(0, 16)
    const { text, html } = await stage.load(`/dead?until=${finished}`)
    expect(text).toContain('None among those looked at so far')
    expect(text).toContain('Redeliver all that match')
    expect(attributesOf(html, 'a').find(({ rel }) => rel === 'next')?.href).toContain('before=')
  })
})

describe('redelivering dead letters', () => {
  let endpoint: number
  beforeEach(() => {
    endpoint = stage.temp.hook()
    stage.temp.hook({ url: 'http://127.0.0.1:9/other' })
    for (const version of ['1.0', '1.1', '1.2']) stage.temp.arrive({ version })
    stage.temp.fanOut()
    stage.attempt(deadly)
    // One event a day, the newest today.
    stage.temp.change('UPDATE deliveries SET finished_at = ? - (3 - event_id) * 86400000', testTime)
    stage.temp.change('UPDATE events SET received_at = ? - (3 - id) * 86400000', testTime)
  })

  it.each([
    { title: 'all of them', fields: () => ({}), due: 6 },
    { title: 'by endpoint', fields: () => ({ endpoint: `${endpoint}` }), due: 3 },
    {
      title: 'by time',
      fields: () => ({ since: '2026-08-31T00:00', until: '2026-09-01T00:00' }),
      due: 2,
    },
    {
      title: 'by both',
      fields: () => ({ endpoint: `${endpoint}`, since: '2026-08-31T00:00', until: '' }),
      due: 2,
    },
  ])('$title, with its progress', async ({ fields, due }) => {
    const query = new URLSearchParams(fields())
    const shown = await stage.load(`/dead?${query}`)
    expect(pageFaults(shown.html)).toEqual([])
    expect(lettersIn(shown.html)).toHaveLength(due)
    expect(shown.text).toContain(`Redeliver all ${due} `)
    const location = await redeliver(fields())
    await until('it is over', async () => {
      const { text, html } = await stage.load(location)
      expect(html).toContain('data-live="redelivery"')
      return text.includes(`${due} deliveries go out again.`)
    })
    expect(stage.temp.due()).toHaveLength(due)
    expect(stage.wakes()).toBeGreaterThan(0)
  })

  it.each([{ since: 'x' }, { until: '2026-99-01T12:00' }, { endpoint: 'all' }])(
    'does not take %j for all of them',
    async (fields) => {
      const { status, html } = await stage.post('/dead/redeliver', fields)
      expect(status).toBe(400)
      expect(html).toContain('class="notice bad"')
      expect(stage.temp.due()).toEqual([])
    },
  )

  it('does not show another account how it goes', async () => {
    const location = await redeliver({})
    expect((await stage.load(location, 'other')).text).toContain('This redelivery is not known any more')
  })
})
