import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../../helpers/temp-ledger.js'
import { until } from '../../helpers/wait.js'
import { attributesOf, hrefsIn, pageFaults } from './page-reader.js'
import { deadly, openStage, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const page = '/gems/gemherald-demo/versions/1.4.2'

const needs = (...runtime: [string, string][]) => ({
  development: [],
  runtime: runtime.map(([name, requirements]) => ({ name, requirements })),
})

describe('the page of a release', () => {
  it.each(['/gems/gemherald-demo/versions/9.9', '/gems/%3Cb%3E/versions/1.0', '/gems/rails/versions/x'])(
    'does not know %s',
    async (path) => {
      stage.temp.arrive()
      const { status, text } = await stage.load(path)
      expect(status).toBe(404)
      expect(text).toContain('This release is not known here')
    },
  )

  it('shows the facts of its payload', async () => {
    stage.temp.arrive({
      authors: 'Ada, Grace',
      info: 'Does things.',
      licenses: ['MIT', 'Apache-2.0'],
      homepage_uri: 'https://example.com/home',
      source_code_uri: 'https://github.com/ada/demo',
      changelog_uri: 'javascript:alert(1)',
    })
    const { html, text } = await stage.load(page)
    expect(pageFaults(html)).toEqual([])
    for (const fact of ['Ada, Grace', 'Does things.', 'MIT, Apache-2.0', '6d968ae68332c45936ab1105f3c87173'])
      expect(text).toContain(fact)
    const out = hrefsIn(html).filter((href) => href.startsWith('http'))
    expect(out).toEqual([
      'https://rubygems.org/gems/gemherald-demo',
      'https://github.com/ada/demo',
      'https://example.com/home',
      'https://www.rubydoc.info/gems/gemherald-demo/1.4.2',
    ])
  })

  it('shows how dependencies changed since the release before', async () => {
    stage.temp.hook()
    stage.temp.arrive({
      version: '1.4.1',
      dependencies: needs(['same', '>= 0'], ['old', '~> 1'], ['moved', '~> 2']),
    })
    stage.temp.fanOut()
    stage.temp.arrive({ dependencies: needs(['same', '>= 0'], ['moved', '~> 3'], ['fresh', '>= 1']) })
    stage.temp.fanOut()
    const { text, html } = await stage.load(page)
    expect(text).toContain(
      'Compared with 1.4.1:fresh >= 1 addedmoved ~> 2 → ~> 3 changedold ~> 1 removedsame >= 0',
    )
    expect(hrefsIn(html)).toContain('/gems/gemherald-demo/versions/1.4.1')
    expect(hrefsIn(html)).toContain('/?gem=moved')
    expect(hrefsIn(html)).toContain('https://my.diffend.io/gems/gemherald-demo/1.4.1/1.4.2')
  })

  it('never says other than what was sent: what came later is not before it', async () => {
    stage.temp.hook()
    stage.temp.arrive()
    stage.temp.fanOut()
    stage.temp.arrive({ version: '1.4.1' })
    stage.temp.fanOut()
    const { text } = await stage.load(page)
    expect(text).toMatch(/first seen ?All releases/)
    expect(text).not.toContain('Before it')
    // Nothing was known that is lower, and yet it was not the first one seen.
    expect((await stage.load(page.replace('1.4.2', '1.4.1'))).text).not.toContain('first seen')
  })

  it('does not call everything new when it does not know the release before', async () => {
    stage.temp.arrive({ dependencies: needs(['one', '>= 0']) })
    const { text } = await stage.load(page)
    expect(text).toContain('one >= 0')
    expect(text).not.toContain('added')
  })

  it('shows the facts of the platform that is asked for', async () => {
    stage.temp.arrive({ platform: 'java', info: 'For the JVM.' })
    stage.temp.arrive({ info: 'For Ruby.' })
    const [first, java] = await Promise.all([stage.load(page), stage.load(`${page}?platform=java`)])
    expect(first.text).toContain('For Ruby.')
    expect(java.text).toContain('For the JVM.')
    expect(hrefsIn(first.html)).toContain(`${page}?platform=java`)
  })

  it.each([
    { title: 'none', yanked: [], heading: /first seen ?All releases/ },
    { title: 'one', yanked: ['java'], heading: /yanked: java ?All releases/ },
    { title: 'all', yanked: ['java', 'ruby'], heading: /(?<!: )yanked ?All releases/ },
  ])('is headed by the state of all platforms: $title of them yanked', async ({ yanked, heading }) => {
    for (const platform of ['ruby', 'java']) stage.temp.arrive({ platform })
    for (const platform of yanked) stage.temp.arrive({ platform, yanked: true })
    const { html, text } = await stage.load(page)
    expect(pageFaults(html)).toEqual([])
    expect(text).toMatch(heading)
    expect(text).toContain(yanked.includes('ruby') ? 'ruby yankedjava yanked' : 'ruby')
    expect(text.includes('java yanked')).toBe(yanked.length > 0)
  })

  it('is not headed by a yank that is in doubt, nor by one that was taken back', async () => {
    stage.temp.arrive()
    stage.temp.arrive({ yanked: true })
    stage.temp.change("UPDATE events SET confirmation = 'refuted' WHERE kind = 'yanked'")
    expect((await stage.load(page)).text).toMatch(/first seen ?All releases/)
    stage.temp.change("UPDATE events SET confirmation = NULL WHERE kind = 'yanked'")
    expect((await stage.load(page)).text).toMatch(/yanked ?All releases/)
    stage.temp.arrive()
    expect((await stage.load(page)).text).toMatch(/restored ?All releases/)
  })

  it('counts the platforms that are yanked where they are many', async () => {
    for (const platform of ['ruby', 'java', 'a', 'b', 'c']) stage.temp.arrive({ platform })
    for (const platform of ['java', 'a', 'b', 'c']) stage.temp.arrive({ platform, yanked: true })
    expect((await stage.load(page)).text).toContain('yanked on 4 of 5 platforms')
  })

  it('is live as a whole', async () => {
    stage.temp.arrive()
    const { html } = await stage.load(page)
    expect(attributesOf(html, 'div').flatMap((div) => div['data-live'] ?? [])).toEqual(['aside', 'facts'])
    expect(attributesOf(html, 'section').flatMap((one) => one['data-live'] ?? [])).toEqual([
      'events',
      'deliveries',
    ])
  })

  it('tells what happened, with the doubt in full', async () => {
    stage.temp.arrive()
    stage.temp.arrive({ yanked: true })
    stage.temp.change(
      "UPDATE events SET confirmation = 'refuted', doubt = 'It is still there.' WHERE kind = 'yanked'",
    )
    const { text } = await stage.load(page)
    expect(text).toMatch(/yanked ?ruby ?just now ?webhook refuted ?It is still there\. ?pushed/)
  })
})

describe('the deliveries of a release', () => {
  beforeEach(() => {
    stage.temp.hook()
    stage.temp.hook({ url: 'http://127.0.0.1:9/other/secret-path' })
    stage.temp.arrive()
    stage.temp.arrive({ platform: 'java' })
    stage.temp.fanOut()
  })

  it('are shown with every attempt, the answer cut to 2 KiB', async () => {
    stage.attempt({
      verdict: 'retry',
      statusCode: 503,
      durationMs: 1_240,
      error: 'The endpoint answered 503.',
      response: `<b>busy</b>${'x'.repeat(3_000)}`,
    })
    const { html, text } = await stage.load(page)
    expect(pageFaults(html)).toEqual([])
    expect(text).toContain('all 4sent 0waiting 4dead 0cancelled 0')
    expect(text).toContain('Attempt 1 failed just nowtook 1.2 sanswer 503')
    expect(text).toContain('<b>busy</b>xxx')
    expect(text).toContain('The first 2 KiB; 963 more bytes are not shown.')
    expect(text).toContain('The endpoint answered 503.')
    expect(text).toMatch(/Next attempt in \d+ (s|min)|Next attempt now/)
    expect(text).not.toContain('secret-path')
  })

  it.each([
    { error: 'no answer within 15 s', says: 'no answer within 15 s. Next attempt' },
    { error: 'It is gone!', says: 'It is gone! Next attempt' },
    { error: null, says: 'The answer was 503. Next attempt' },
  ])('end the error $error before they say more', async ({ error, says }) => {
    stage.attempt({ verdict: 'retry', statusCode: 503, error })
    expect((await stage.load(page)).text).toContain(says)
  })

  it('can be narrowed to a state', async () => {
    stage.attempt(deadly)
    expect((await stage.load(`${page}?state=succeeded`)).text).toContain('None is sent.')
    const { html } = await stage.load(`${page}?state=dead`)
    expect(attributesOf(html, 'li').filter((li) => li.class === 'delivery')).toHaveLength(4)
  })

  it('are paged over all platforms', async () => {
    for (let i = 0; i < 20; i++) stage.temp.hook({ url: `http://127.0.0.1:9/${i}` })
    stage.temp.arrive({ platform: 'x86_64-linux' })
    stage.temp.arrive({ platform: 'arm64-darwin' })
    stage.temp.fanOut()
    const ids: string[] = []
    let next: string | undefined = page
    while (next !== undefined) {
      const { html } = await stage.load(next)
      ids.push(...attributesOf(html, 'li').flatMap((li) => (li.class === 'delivery' ? [li.id ?? ''] : [])))
      next = attributesOf(html, 'a').find(({ rel }) => rel === 'next')?.href
    }
    const inOrder = stage.temp.query<{ id: number }>(
      'SELECT id FROM deliveries ORDER BY event_id DESC, id DESC',
    )
    expect(ids).toEqual(inOrder.map(({ id }) => `delivery-${id}`))
  })

  it('are not another account’s to see or to ask for', async () => {
    stage.attempt(deadly)
    const { text } = await stage.load(page, 'other')
    expect(text).toContain('No hook of yours wanted this release')
    expect(text).not.toContain('Redeliver')
  })

  it('can be asked for again one by one', async () => {
    stage.attempt(deadly)
    const { html } = await stage.load(`${page}?state=dead`)
    const form = attributesOf(html, 'form').find(({ action }) =>
      /^\/deliveries\/\d+\/redeliver$/.test(action ?? ''),
    )
    const fields = attributesOf(html, 'input').filter(({ name }) => name === 'back')
    expect(fields[0]?.value).toBe(`${page}?state=dead`)
    const answer = await stage.post(form?.action ?? '', { back: fields[0]?.value ?? '' })
    expect([answer.status, answer.location]).toEqual([303, `${page}?state=dead&redelivered=redelivered`])
    expect(stage.wakes()).toBe(1)
    expect(stage.temp.due()).toHaveLength(1)
    const after = await stage.load(answer.location ?? '')
    expect(after.text).toContain('It goes out again now.')
    expect(after.text).toContain('waiting 1dead 3')
    // Who comes back again is not told again what was done before.
    expect(attributesOf(after.html, 'input').find(({ name }) => name === 'back')?.value).toBe(
      `${page}?state=dead`,
    )
  })

  it.each([
    { id: '999', word: 'not_found' },
    { id: 'x', word: 'not_found' },
    { id: '1', word: 'under_way' },
  ])('says what hinders asking for $id: $word', async ({ id, word }) => {
    const { location } = await stage.post(`/deliveries/${id}/redeliver`, { back: page })
    expect(location).toBe(`${page}?redelivered=${word}`)
    expect((await stage.load(location ?? '')).html).toContain('class="notice')
    expect(stage.wakes()).toBe(0)
  })

  it.each(['https://evil.example/', '//evil.example/', '/\\evil.example', ''])(
    'lead back to nowhere else: %j',
    async (back) => {
      expect((await stage.post('/deliveries/1/redeliver', { back })).location).toBe('/?redelivered=under_way')
    },
  )

  it('point to the endpoint when it is disabled', async () => {
    stage.attempt(deadly)
    stage.temp.change("UPDATE endpoints SET disabled_at = ?, disabled_reason = 'gone'", testTime)
    const { html, text } = await stage.load(page)
    expect(text).toContain('Enable the endpoint or its hook first')
    expect(hrefsIn(html).some((href) => /^\/endpoints\/\d+$/.test(href))).toBe(true)
    expect(attributesOf(html, 'form').some(({ action }) => /^\/deliveries\//.test(action ?? ''))).toBe(false)
  })

  it('that are dead can be asked for again all at once', async () => {
    stage.attempt(deadly)
    const { html, text } = await stage.load(page)
    expect(text).toContain('Redeliver all dead (4)')
    const action = `${page}/redeliver-dead`
    expect(attributesOf(html, 'form').map((form) => form.action)).toContain(action)
    const { status, location } = await stage.post(action)
    expect(status).toBe(303)
    await until('all of them are due again', () => stage.temp.due().length === 4)
    await until('the page says so', async () =>
      (await stage.load(location ?? '')).text.includes('4 deliveries go out again.'),
    )
  })
})
