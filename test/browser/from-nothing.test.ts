import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type Visit, visit } from './visit.js'

describe.runIf(browserHalf)('an open page on which nothing stands yet', () => {
  let browser: TestBrowser
  let gemherald: TestGemherald
  let visitor: Visit
  beforeAll(async () => {
    gemherald = await startGemherald()
    browser = await startBrowser()
    visitor = await visit(browser, gemherald)
  })
  afterAll(async () => {
    await browser.close()
    await gemherald.remove()
  })

  /** Goes there, and gives a way to prove that the page was not loaded again since. */
  const open = async (path: string) => {
    await visitor.go(path)
    await visitor.page.evaluate(() => {
      document.body.dataset.mark = 'the same'
    })
    return async () => expect(await visitor.page.locator('body').getAttribute('data-mark')).toBe('the same')
  }

  it('shows hooks that come and go by the API, and what belongs to them', async () => {
    const { page } = visitor
    for (const path of ['/hooks', '/hooks?by=gem']) {
      const isSame = await open(path)
      await page.getByText('No hooks yet').waitFor()
      await gemherald.addHook('rails', 'inbox:one')
      await page.getByRole('link', { name: 'inbox:one' }).waitFor()
      await page.getByLabel('Search hooks').waitFor()
      await gemherald.removeHook('rails', 'inbox:one')
      await page.getByText('No hooks yet').waitFor()
      await isSame()
    }
  })

  it('shows the first inbox', async () => {
    const isSame = await open('/inbox')
    await visitor.page.getByText('No inbox yet').waitFor()
    await gemherald.addHook('rails', 'inbox:one')
    await visitor.page.getByRole('link', { name: 'one', exact: true }).waitFor()
    await isSame()
  })

  it('shows the hooks of an endpoint, and keeps what is typed beside them', async () => {
    const { page } = visitor
    await page.goto(`${gemherald.url}/hooks`)
    await page.getByRole('link', { name: 'inbox:one' }).click()
    const panel = page.getByRole('region', { name: 'Hooks', exact: true })
    await panel.getByRole('textbox').fill('rac')
    await gemherald.addHook('rake', 'inbox:one')
    await panel.getByText('rake', { exact: true }).waitFor()
    await gemherald.removeHook('rake', 'inbox:one')
    await panel.getByText('rake', { exact: true }).waitFor({ state: 'detached' })
    expect(await panel.getByRole('textbox').inputValue()).toBe('rac')
  })

  it('shows the first release, and how to search for more', async () => {
    const { page } = visitor
    const isSame = await open('/')
    await page.getByText('No releases yet').waitFor()
    await gemherald.pushRelease('rails', '8.1.3')
    await page.getByRole('link', { name: 'rails 8.1.3' }).waitFor()
    await gemherald.pushRelease('rack', '3.2.0')
    await page.getByRole('link', { name: 'rack 3.2.0' }).waitFor()
    await page.getByRole('searchbox').fill('rail')
    await page.getByRole('link', { name: 'rack 3.2.0' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'rails 8.1.3' }).waitFor()
    await isSame()
    expect(visitor.complaints).toEqual([])
  })
})
