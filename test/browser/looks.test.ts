import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { onBothTransports } from '../end-to-end/transports.js'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { bringAxe, seriousTrouble } from './axe.js'
import { pages } from './pages.js'
import { type BrowserStage, setBrowserStage } from './stage.js'
import { type Visit, visit } from './visit.js'

const wide = { width: 1280, height: 900 }
const phone = { width: 375, height: 812 }

/** In this order, so that colours and size change once each for every page. */
const looks: Look[] = [
  { name: 'light', colorScheme: 'light', viewport: wide },
  // In the dark only colours are different.
  { name: 'dark', colorScheme: 'dark', viewport: wide, rules: ['color-contrast'] },
  { name: 'phone', colorScheme: 'light', viewport: phone },
]

describe.runIf(browserHalf)('the pages', () => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())

  onBothTransports('for everybody', (environment) => {
    let stage: BrowserStage
    let visitor: Visit
    let inDetail: boolean
    beforeAll(async () => {
      const env = await environment()
      // The transport says nothing of colours: the other pictures would be the same, and what axe finds in the dark.
      inDetail = env.REDIS_URL === undefined
      stage = await setBrowserStage(env)
      visitor = await visit(browser, stage.gemherald)
    })
    afterAll(async () => {
      await visitor.close()
      await stage.close()
    })

    it.each(Object.entries(pages))(
      '%s can be used, fits, and is dark where the system is',
      async (name, goThere) => {
        const { page, complaints } = visitor
        complaints.length = 0
        await goThere(visitor, stage)
        await bringAxe(page)
        for (const { name: look, colorScheme, viewport, rules } of looks) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.setViewportSize(viewport)
          if (inDetail) await takePicture(page, `${name}-${look}`)
          if (inDetail || look === 'light') expect(await seriousTrouble(page, rules), look).toEqual([])
          expect(await widthBeyondScreen(page), look).toBe(0)
          if (colorScheme === 'dark') expect(await brightness(page), look).toBeLessThan(60)
          else expect(await brightness(page), look).toBeGreaterThan(200)
        }
        expect(complaints.filter((line) => !/status of (404|503)/.test(line))).toEqual([])
      },
    )

    it('work without JavaScript', async () => {
      const visitor = await visit(browser, stage.gemherald, { javaScriptEnabled: false })
      const { page } = visitor
      await visitor.go('/?search=nokogiri')
      await page
        .getByRole('link', { name: /nokogiri/ })
        .first()
        .click()
      await page.getByRole('heading', { level: 1, name: /nokogiri/ }).waitFor()
      await visitor.go('/hooks')
      await page.getByText('Add a hook').click()
      await page.getByLabel('Gem', { exact: true }).fill('rake')
      await page.getByLabel('Address').fill('inbox:quiet')
      await page.getByRole('button', { name: 'Add hook' }).click()
      await page.getByRole('link', { name: 'inbox:quiet' }).first().click()
      await page
        .getByRole('button', { name: /^Test fire/ })
        .first()
        .click()
      expect(await page.getByRole('main').textContent()).toContain('Kept in inbox:quiet.')
      await visitor.go('/dead')
      await page.getByRole('main').getByText('410 Gone').first().waitFor()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
      await visitor.close()
    })
  })
})

interface Look {
  name: string
  colorScheme: 'light' | 'dark'
  viewport: { width: number; height: number }
  /** Of axe; all without. */
  rules?: string[]
}

/** For people to look at: every page in every look. */
async function takePicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(packageRoot, 'screenshots', `${name}.png`), fullPage: true })
}

const widthBeyondScreen = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Of the page's ground, up to 255. */
async function brightness(page: Page): Promise<number> {
  const colour = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number))
}
