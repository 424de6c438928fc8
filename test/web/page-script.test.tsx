import { Router } from 'express'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { UtcField } from '../../src/web/dead/utc-field.js'
import { Action } from '../../src/web/parts/action.js'
import { Moment } from '../../src/web/parts/moment.js'
import { sendPage } from '../../src/web/send-page.js'
import { sessionIn } from '../../src/web/session.js'
import { type BrowserPage, browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { type FrameStage, openFrameStage } from './frame-stage.js'

const betweenMs = 500
const heartbeatMs = 15_000
// Of assets/page.js.
const progressMs = 1_000
const againMs = 5_000
const lostMs = 3_000
const lost = 'The connection is lost, trying again.'

describe.runIf(browserHalf)('the script of the pages', () => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())

  let stage: FrameStage
  let shown: {
    rows: string[]
    text: string
    progress: number
    since: string
    asking: { to: string; ask: string } | null
  }
  let opened: BrowserPage
  let page: Page
  beforeEach(async () => {
    shown = {
      rows: ['c', 'b', 'a'],
      text: 'first',
      progress: 0,
      since: '',
      asking: { to: '/hooks', ask: 'Really?' },
    }
    stage = await openFrameStage(undefined, [room()])
    const visitor = stage.visitor()
    await visitor.signIn()
    opened = await browser.open({
      timezoneId: 'Asia/Tokyo',
      locale: 'en-GB',
      viewport: { width: 800, height: 600 },
    })
    page = opened.page
    const [name = '', value = ''] = visitor.cookie()?.split('=') ?? []
    await opened.context.addCookies([{ name, value, url: stage.url }])
    await openPage()
  })
  afterEach(async () => {
    await opened.close()
    await stage.close()
  })

  /** Rows that can be searched, a field, details, a text, long work, and a form that asks. */
  function room(): Router {
    const router = Router()
    router.get('/', (req, res) => {
      const search = String(req.query.search ?? '')
      const rows = shown.rows.filter((row) => row.includes(search))
      if (shown.progress > 0) shown.progress--
      sendPage(res, {
        title: 'Rows',
        room: 'releases',
        body: (
          <>
            <form data-search="" action="/">
              <input type="search" name="search" aria-label="Search" value={search} />
            </form>
            <div data-live="all">
              <p id="text">{shown.text}</p>
              <p>
                <Moment at={testTime - 3_600_000} now={stage.clock.now} />
              </p>
              <input id="typed" aria-label="Typed" value="from the server" />
              <details>
                <summary>More</summary>
                {shown.text}
              </details>
              <ul class="rows">
                {rows.map((row) => (
                  <li key={row}>
                    <a href={`/gems/${row}/versions/1`} data-row="">
                      {`${row} ${shown.text}`}
                    </a>
                    <noscript>
                      <p>{row}, for those without JavaScript</p>
                    </noscript>
                  </li>
                ))}
              </ul>
              {shown.progress > 0 && <progress data-progress="/" value={shown.progress} max={9} />}
            </div>
            <form method="get" action="/">
              <div data-live="range">
                <UtcField label="Since" name="since" value={String(req.query.since ?? shown.since)} />
              </div>
              <button type="submit">Show</button>
            </form>
            <div data-live="asking">
              {shown.asking !== null && (
                <Action {...shown.asking} csrf={sessionIn(res).csrf} fields={{ gem: 'asked' }}>
                  Remove
                </Action>
              )}
            </div>
            <Action to="/hooks" csrf={sessionIn(res).csrf} fields={{ gem: 'plain' }}>
              Add
            </Action>
          </>
        ),
      })
    })
    return router
  }

  /** A page asks once more as soon as its connection is open: that has to be over before a test changes something. */
  async function openPage(): Promise<void> {
    const asked = page.waitForResponse((answer) => answer.request().headers()['x-requested-with'] === 'page')
    await page.goto(`${stage.url}/`)
    await (await asked).finished()
  }
  const isListenedTo = () => [...stage.timers].some(({ ms }) => ms === heartbeatMs)

  async function change(text: string): Promise<void> {
    shown.text = text
    stage.pass(betweenMs)
    stage.live.changed()
    await expect.poll(() => page.locator('#text').textContent()).toBe(text)
  }
  const rows = () => page.locator('[data-row]').allTextContents()
  const said = () => page.locator('#say').textContent()
  const progress = () =>
    page.evaluate(() => document.querySelector('progress')?.getAttribute('value') ?? null)
  const focused = () =>
    page.evaluate(() => document.activeElement?.getAttribute('href') ?? document.activeElement?.id)

  it('shows what is new without a reload, and keeps what the reader has under hand', async () => {
    await page.evaluate(() => {
      document.body.dataset.mark = 'not reloaded'
    })
    await page.locator('summary').click()
    await page.locator('#typed').fill('typed by hand')
    await page.locator('[data-row]').nth(1).focus()
    shown.rows = ['d', 'c', 'b']
    await change('second')
    expect(await rows()).toEqual(['d second', 'c second', 'b second'])
    expect(await focused()).toBe('/gems/b/versions/1')
    expect(await page.locator('#typed').inputValue()).toBe('typed by hand')
    expect(await page.locator('details').getAttribute('open')).not.toBeNull()
    expect(await page.locator('body').getAttribute('data-mark')).toBe('not reloaded')
    expect(await page.locator('.new').allTextContents()).toEqual(['d second'])
    expect(opened.complaints).toEqual([])
  })

  it('brings in nothing that is for those without JavaScript', async () => {
    shown.rows = ['d', 'c', 'b']
    await change('second')
    expect(await rows()).toEqual(['d second', 'c second', 'b second'])
    expect(await page.locator('noscript *').count()).toBe(0)
  })

  it('keeps the caret, and what is selected', async () => {
    await page.locator('#typed').fill('typed by hand')
    await page.evaluate(() => {
      const field = document.getElementById('typed') as HTMLInputElement
      field.setSelectionRange(2, 5)
    })
    await change('second')
    expect(
      await page.evaluate(() => {
        const field = document.getElementById('typed') as HTMLInputElement
        return [document.activeElement === field, field.selectionStart, field.selectionEnd]
      }),
    ).toEqual([true, 2, 5])
  })

  it('keeps the view where it is when rows come in above it', async () => {
    shown.rows = Array.from({ length: 60 }, (_, at) => `row${at}`)
    await change('many')
    await page.evaluate(() => scrollTo(0, 900))
    const topOf = () =>
      page.evaluate(() => document.querySelector('[href*="/row40/"]')?.getBoundingClientRect().top ?? 0)
    const before = await topOf()
    shown.rows = [...Array.from({ length: 20 }, (_, at) => `new${at}`), ...shown.rows]
    await change('more')
    expect(Math.abs((await topOf()) - before)).toBeLessThanOrEqual(1)
  })

  it('searches as one types, and what is found is no news', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('b')
    await expect.poll(rows).toEqual(['b first'])
    expect(page.url()).toBe(`${stage.url}/?search=b`)
    await page.keyboard.press('Backspace')
    await expect.poll(rows).toEqual(['c first', 'b first', 'a first'])
    expect(page.url()).toBe(`${stage.url}/`)
    expect(await page.locator('.new').count()).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('search')
  })

  it('keeps to the search while things change', async () => {
    await page.locator('[name=search]').fill('b')
    await expect.poll(rows).toEqual(['b first'])
    shown.rows = ['bb', ...shown.rows]
    await change('second')
    expect(await rows()).toEqual(['bb second', 'b second'])
  })

  it('asks again each second while something is in progress', async () => {
    await page.clock.install()
    shown.progress = 4
    await change('working')
    for (const left of ['2', '1', null]) {
      await page.clock.runFor(progressMs)
      await expect.poll(() => progress()).toBe(left)
    }
    expect(shown.progress).toBe(0)
  })

  it('asks before it does what was to be asked for', async () => {
    await page.getByRole('button', { name: 'Remove' }).click()
    const dialog = page.getByRole('dialog', { name: 'Really?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await expect.poll(() => dialog.count()).toBe(0)
    expect(stage.posts).toEqual([])
    await page.getByRole('button', { name: 'Remove' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await page.waitForURL(`${stage.url}/hooks`)
    expect(stage.posts).toEqual(['asked'])
  })

  it.each([
    ['asks something else', { to: '/hooks', ask: 'Really the other one?' }],
    ['leads elsewhere', { to: '/hooks?other', ask: 'Really?' }],
    ['is gone', null],
  ])('does not do what was to be asked for when its form %s meanwhile', async (_, asking) => {
    await page.getByRole('button', { name: 'Remove' }).click()
    shown.asking = asking
    await change('second')
    await page.getByRole('dialog', { name: 'Really?' }).getByRole('button', { name: 'Remove' }).click()
    await expect.poll(said).toBe('This has changed meanwhile: nothing was sent.')
    expect(stage.posts).toEqual([])
    expect(page.url()).toBe(`${stage.url}/`)
  })

  it('sends a form once, however often its button is pressed', async () => {
    await page.getByRole('button', { name: 'Add' }).dblclick()
    await page.waitForURL(`${stage.url}/hooks`)
    expect(stage.posts).toEqual(['plain'])
  })

  it('obeys keys', async () => {
    for (const key of ['j', 'j', 'k', 'j', 'j', 'j']) await page.keyboard.press(key)
    expect(await focused()).toBe('/gems/a/versions/1')
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keys' })
    expect(await help.isVisible()).toBe(true)
    await help.getByRole('button', { name: 'Close' }).click()
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.waitForURL(`${stage.url}/setup`)
  })

  it('leaves keys alone that are typed into a field, or when it is told to', async () => {
    await page.locator('#typed').fill('')
    await page.locator('#typed').pressSequentially('gs?j/')
    expect(await page.locator('#typed').inputValue()).toBe('gs?j/')
    await page.getByRole('button', { name: 'Keys' }).click()
    await page.getByLabel('Use these keys').uncheck()
    await page.reload()
    await page.keyboard.press('j')
    expect(await focused()).toBe('')
  })

  it('says the exact time in the reader’s zone', async () => {
    const time = page.locator('main time')
    expect(await time.getAttribute('title')).toMatch(/^1 Sept? 2026, 20:00:00/)
    expect(await time.textContent()).toBe('1 h ago')
  })

  it('shows fields for UTC in the reader’s time, and sends UTC', async () => {
    const field = page.getByLabel('Since (your time)')
    expect(await field.inputValue()).toBe('')
    await field.fill('2026-09-02T08:30')
    await change('second')
    expect(await field.inputValue()).toBe('2026-09-02T08:30')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.waitForURL(/since=/)
    expect(new URL(page.url()).searchParams.get('since')).toBe('2026-09-01T23:30')
    expect(await field.inputValue()).toBe('2026-09-02T08:30')
  })

  it('sends a time back exactly as it came, and takes another one from the server', async () => {
    await page.goto(`${stage.url}/?since=2026-09-01T23:30:01.234`)
    const field = page.getByLabel('Since (your time)')
    expect(await field.inputValue()).toBe('2026-09-02T08:30:01.234')
    const [sent] = await Promise.all([
      page.waitForRequest((request) => request.isNavigationRequest()),
      page.getByRole('button', { name: 'Show' }).click(),
    ])
    expect(new URL(sent.url()).searchParams.get('since')).toBe('2026-09-01T23:30:01.234')
    await page.waitForLoadState()
    await page.goto(`${stage.url}/`)
    shown.since = '2026-09-01T12:00'
    await change('third')
    expect(await field.inputValue()).toBe('2026-09-01T21:00')
  })

  it('says that the connection is lost, and goes on when it is back', async () => {
    await page.clock.install()
    await page.route(`${stage.url}/`, (route) => route.abort())
    shown.text = 'behind'
    stage.pass(betweenMs)
    stage.live.changed()
    await expect.poll(said).toBe(lost)
    await page.unroute(`${stage.url}/`)
    await page.clock.runFor(againMs)
    await expect.poll(() => page.locator('#text').textContent()).toBe('behind')
    await expect.poll(said).toBe('')
  })

  it('says nothing of a connection that comes back soon, and says so when it is lost later', async () => {
    await page.goto('about:blank')
    await until('nobody listens', () => {
      stage.pass(heartbeatMs)
      return !isListenedTo()
    })
    await page.clock.install()
    const cutShort = { contentType: 'text/event-stream', body: 'retry: 1\n\n' }
    await page.route(`${stage.url}/live`, (route) => route.fulfill(cutShort), { times: 1 })
    await page.goto(`${stage.url}/`)
    await until('the page listens', isListenedTo)
    // The first change may be seen by what was asked before the connection was back, the second one cannot.
    await change('back')
    await change('back for good')
    await page.clock.runFor(lostMs)
    expect(await said()).toBe('')

    // From now on it is tried in vain.
    await page.route(`${stage.url}/live`, () => {})
    stage.live.stop()
    await expect
      .poll(async () => {
        await page.clock.runFor(lostMs)
        return said()
      })
      .toBe(lost)
  })

  it('says that one is signed out, and where to sign in again', async () => {
    stage.temp.change('DELETE FROM sessions')
    stage.pass(heartbeatMs)
    await expect.poll(said).toBe('You are signed out. Sign in to go on.')
    expect(await page.locator('#say a').getAttribute('href')).toBe('/sign-in?to=%2F')
  })

  it('goes on saying so, whatever was asked for before', async () => {
    // The answer never comes.
    await page.route(`${stage.url}/`, () => {})
    const asked = page.waitForRequest(`${stage.url}/`)
    stage.pass(betweenMs)
    stage.live.changed()
    const request = await asked
    const givenUp = page.waitForEvent('requestfailed', (failed) => failed === request)
    stage.temp.change('DELETE FROM sessions')
    stage.pass(heartbeatMs)
    await givenUp
    await expect.poll(said).toBe('You are signed out. Sign in to go on.')
  })
})
