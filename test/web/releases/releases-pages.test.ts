import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../../helpers/temp-ledger.js'
import { attributesOf, hrefsIn, pageFaults, readPage } from '../release/page-reader.js'
import { deadly, openStage, type Stage } from '../release/stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

/** The lines of the list, as words. */
function rowsIn(html: string): string[] {
  return [...html.matchAll(/<li class="release .*?<\/li>/gs)].map(([row]) =>
    readPage(`<!DOCTYPE html>${row}`).text.replace(/\s+/g, ' ').trim(),
  )
}

describe('the page of releases', () => {
  it('says how to begin as long as nothing was released', async () => {
    const { html, text, status } = await stage.load('/')
    expect({ status, faults: pageFaults(html) }).toEqual({ status: 200, faults: [] })
    expect(text).toContain('No releases yet')
    expect(hrefsIn(html)).toEqual(expect.arrayContaining(['/setup', '/hooks']))
    expect(attributesOf(html, 'div').map((div) => div['data-live'])).toEqual(
      expect.arrayContaining(['beginning']),
    )
  })

  it('says where test fires are once there are hooks, and leads on to Setup', async () => {
    stage.temp.hook({ gemName: '*', url: 'inbox:demo', channel: 'inbox' })
    const { html, text } = await stage.load('/')
    expect(pageFaults(html)).toEqual([])
    expect(text).not.toContain('Add a hook')
    expect(text).toContain('Test fires are not listed here')
    const main = /<main.*<\/main>/s.exec(html)?.[0] ?? ''
    expect(hrefsIn(`<!DOCTYPE html>${main}`)).toEqual(['/inbox', '/setup'])
    expect((await stage.load('/', 'other')).text).toContain('Add a hook')
  })

  it('shows each version on one line, with its jump, where it is known from and who was told', async () => {
    const { temp } = stage
    temp.hook()
    temp.hook({ url: 'http://127.0.0.1:9/other' })
    temp.arrive({ version: '1.4.1' }, testTime - 3_600_000)
    temp.fanOut()
    stage.attempt()
    for (const platform of ['x86_64-linux', 'arm64-darwin', 'ruby', 'java', 'x86-mingw32'])
      temp.arrive({ version: '1.5.0', platform }, testTime - 60_000)
    temp.fanOut()
    const { html } = await stage.load('/')
    expect(pageFaults(html)).toEqual([])
    expect(rowsIn(html)).toEqual([
      'gemherald-demo 1.5.0 minor ruby, arm64-darwin +3and 3 more platforms 1 min ago webhook 10 waiting',
      'gemherald-demo 1.4.1 first seen 1 h ago webhook 2 sent',
    ])
    expect(attributesOf(html, 'span').map(({ title }) => title)).toContain(
      'ruby, arm64-darwin, java, x86-mingw32, x86_64-linux',
    )
    expect(hrefsIn(html)).toContain('/gems/gemherald-demo/versions/1.5.0')
  })

  it.each([
    { title: 'a yank', facts: { yanked: true }, says: 'yanked' },
    { title: 'a major release', facts: { version: '2.0.0' }, says: 'major' },
    { title: 'a patch', facts: { version: '1.4.3' }, says: 'patch' },
    { title: 'a prerelease', facts: { version: '2.0.0.rc1' }, says: 'pre' },
  ])('tells $title', async ({ facts, says }) => {
    // No hook wants them, so nothing fixed what came before: it is looked up.
    stage.temp.arrive({ version: '1.4.2' })
    stage.temp.arrive(facts)
    const [first] = rowsIn((await stage.load('/')).html)
    expect(first).toMatch(new RegExp(`^gemherald-demo [\\w.]+ ${says} `))
  })

  it('tells a release that was restored', async () => {
    for (const yanked of [false, true, false]) stage.temp.arrive({ yanked })
    expect(rowsIn((await stage.load('/')).html)[0]).toContain(' restored ')
  })

  it.each([
    { change: "confirmation = 'confirmed'", says: 'confirmed', title: 'The upstream says the same.' },
    {
      change: "confirmation = 'refuted', doubt = 'Its page shows no such version.'",
      says: 'refuted',
      title: 'Its page shows no such version.',
    },
    {
      change: "confirmation = 'unconfirmed', doubt = 'It was busy.'",
      says: 'unconfirmed',
      title: 'It was busy.',
    },
    {
      change: 'check_at = 1',
      says: 'checking',
      title: 'The upstream is asked before anybody is told.',
    },
    { change: "webhook_at = NULL, catch_up_at = 1, confirmation = 'confirmed'", says: 'catch-up confirmed' },
    {
      change: 'catch_up_at = 1',
      says: 'both',
      title: 'A webhook told of it, and so did looking at the upstream.',
    },
  ])('says $says where it is so', async ({ change, says, title }) => {
    stage.temp.arrive()
    stage.temp.change(`UPDATE events SET ${change}`)
    const { html } = await stage.load('/')
    expect(rowsIn(html)[0]).toContain(says)
    if (title !== undefined) expect(attributesOf(html, 'span').map((span) => span.title)).toContain(title)
  })

  it('draws deliveries to scale, however few of a kind there are', async () => {
    for (let i = 0; i < 60; i++) stage.temp.hook({ url: `http://127.0.0.1:9/${i}` })
    stage.temp.arrive()
    stage.temp.fanOut()
    const [first, ...others] = stage.temp.due()
    expect(others).toHaveLength(59)
    stage.attempt()
    stage.temp.change("UPDATE deliveries SET state = 'dead' WHERE id = ?", first?.deliveryId)
    const { html } = await stage.load('/')
    expect(rowsIn(html)[0]).toMatch(/59 sent, 1 dead$/)
    const bars = attributesOf(html, 'rect').filter((rect) => rect.class?.startsWith('bar-'))
    expect(bars.map(({ x, width }) => [Number(x), Number(width)])).toEqual([
      [0, 91],
      [91, 5],
    ])
  })

  it('shows an account only its own deliveries', async () => {
    stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    expect(rowsIn((await stage.load('/', 'other')).html)[0]).toMatch(/none$/)
  })

  it('pages', async () => {
    for (let i = 0; i < 53; i++) stage.temp.arrive({ version: `1.${i}` })
    const first = await stage.load('/?search=demo')
    expect(rowsIn(first.html)).toHaveLength(50)
    const older = hrefsIn(first.html).find((href) => href.includes('before=')) ?? ''
    const second = await stage.load(older)
    expect(rowsIn(second.html).map((row) => row.split(' ')[1])).toEqual(['1.2', '1.1', '1.0'])
    expect(hrefsIn(second.html)).toContain('/?search=demo')
    expect(hrefsIn(second.html).filter((href) => href.includes('before='))).toEqual([])
  })
})

describe('the filters', () => {
  beforeEach(() => {
    stage.temp.hook({ gemName: 'rails' })
    stage.temp.arrive({ name: 'rails', version: '8.0.0' })
    stage.temp.arrive({ name: 'rails-i18n', version: '7.0.0' })
    stage.temp.arrive({ name: 'rack', version: '3.0.0' })
    stage.temp.arrive({ name: 'rack', version: '3.0.0', yanked: true })
    stage.temp.fanOut()
    stage.attempt(deadly)
  })

  it.each([
    { query: '?search=RAIL', finds: ['rails-i18n 7.0.0', 'rails 8.0.0'] },
    { query: '?gem=rails', finds: ['rails 8.0.0'] },
    { query: '?kind=yanked', finds: ['rack 3.0.0'] },
    { query: '?state=dead', finds: ['rails 8.0.0'] },
    { query: '?search=rack&kind=pushed', finds: ['rack 3.0.0'] },
    {
      query: '?kind=nonsense&state=nonsense&before=-1&gem=%3Cb%3E',
      finds: expect.objectContaining({ length: 4 }),
    },
  ])('$query', async ({ query, finds }) => {
    const { html } = await stage.load(`/${query}`)
    expect(pageFaults(html)).toEqual([])
    expect(rowsIn(html).map((row) => row.split(' ').slice(0, 2).join(' '))).toEqual(finds)
  })

  it('stand in the form as they were chosen, and can be taken back', async () => {
    const { html } = await stage.load('/?gem=rails&search=ra&kind=pushed&state=dead')
    const chosen = attributesOf(html, 'option').filter(({ selected }) => selected !== undefined)
    expect(chosen.map(({ value }) => value)).toEqual(['pushed', 'dead'])
    expect(attributesOf(html, 'input').find(({ name }) => name === 'search')?.value).toBe('ra')
    expect(attributesOf(html, 'input').find(({ name }) => name === 'gem')?.value).toBe('rails')
    expect(hrefsIn(html)).toContain('/?search=ra&kind=pushed&state=dead')
    expect(attributesOf(html, 'link').map(({ href }) => href)).toContain('/gems/rails.atom')
  })

  it('name no feed of a gem that nothing is known of', async () => {
    const { html } = await stage.load('/?gem=nobody-has-it')
    expect(attributesOf(html, 'link').map(({ href }) => href)).toContain('/feed.atom')
    expect(html).not.toContain('nobody-has-it.atom')
  })

  it('say so when nothing is left', async () => {
    const { text, html } = await stage.load('/?search=nothing-of-the-kind')
    expect(text).toContain('Nothing found')
    expect(hrefsIn(html)).toContain('/')
  })
})

describe('the charts', () => {
  it.each([
    { days: [0], dots: 2 },
    { days: [0, 1], dots: 0 },
    { days: [0, 1, 3], dots: 2 },
  ])('show a day by itself as a dot: $days', async ({ days, dots }) => {
    stage.temp.arrive()
    for (const ago of days)
      stage.temp.change(
        'INSERT INTO latencies (account_id, day, bucket, count) VALUES (?, ?, 40, 3)',
        stage.temp.account(),
        Math.floor(testTime / 86_400_000) - ago,
      )
    const { html } = await stage.load('/')
    expect(attributesOf(html, 'path').filter((path) => path.class?.endsWith(' chart-dot'))).toHaveLength(dots)
  })

  it('say in words and in a table what they draw', async () => {
    const day = 86_400_000
    stage.temp.hook()
    for (const version of ['1.0', '1.1', '1.2']) stage.temp.arrive({ version }, testTime - 3 * day)
    stage.temp.arrive({ version: '1.2', yanked: true }, testTime)
    stage.temp.fanOut()
    stage.temp.change(
      'INSERT INTO latencies (account_id, day, bucket, count) VALUES (?, ?, 40, 3)',
      stage.temp.account(),
      testTime / day - 0.5,
    )
    const { html, text } = await stage.load('/')
    expect(pageFaults(html)).toEqual([])
    expect(text).toContain('3 pushed and 1 yanked in 30 days. Most on 29 Aug: 3.')
    expect(html).toContain('<th scope="row">29 Aug</th><td>3</td><td>0</td>')
    expect(html).toContain('<th scope="row">1 Sep</th><td>0</td><td>1</td>')
    expect(text).toMatch(/1 Sep: half of the deliveries within [\d.]+ m?s/)
    expect(attributesOf(html, 'path').map(({ class: name }) => name)).toEqual(
      expect.arrayContaining(['chart-p50 chart-dot', 'chart-p95 chart-dot']),
    )
    for (const { 'aria-labelledby': label } of attributesOf(html, 'svg').filter(({ role }) => role === 'img'))
      for (const id of label?.split(' ') ?? []) expect(html.split(`id="${id}"`)).toHaveLength(2)
  })
})
