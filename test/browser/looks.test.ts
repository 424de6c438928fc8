import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { pages } from './pages.js'
import { type BrowserStage, setBrowserStage } from './stage.js'
import { type Visit, visit } from './visit.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
const looks: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 375, height: 812 } },
}

describe.runIf(browserHalf)('the pages', () => {
  let browser: TestBrowser
  let stage: BrowserStage
  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([startBrowser(), setBrowserStage({})])
  })
  afterAll(async () => {
    await browser.close()
    await stage.close()
  })

  describe.each(Object.entries(looks))('%s', (look, options) => {
    let visitor: Visit
    beforeAll(async () => {
      visitor = await visit(browser, stage.gemherald, options)
    })
    afterAll(() => visitor.close())

    it('can be used by everybody, and fit', async () => {
      const { page, complaints } = visitor
      for (const [name, goThere] of Object.entries(pages)) {
        await goThere(visitor)
        await page.screenshot({
          path: join(packageRoot, 'screenshots', `${name}-${look}.png`),
          fullPage: true,
        })
        expect(await seriousTrouble(), `${name}, ${look}`).toEqual([])
        expect(await widthBeyondScreen(), `${name}, ${look}`).toBe(0)
      }
      expect(complaints.filter((line) => !/status of (404|503)/.test(line))).toEqual([])
    })

    // In the dark only colours are different.
    const rules = look === 'dark' ? ['color-contrast'] : undefined

    const seriousTrouble = () =>
      visitor.page.evaluate(
        async ({ source, rules }) => {
          // biome-ignore lint/security/noGlobalEval: the page's own policy lets no other script in.
          globalThis.eval(source)
          const { violations } = await (globalThis as unknown as AxeWindow).axe.run(
            rules && { runOnly: rules },
          )
          return violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
        },
        { source: axe, rules },
      )

    const widthBeyondScreen = () =>
      visitor.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  })

  it('are dark where the system is', async () => {
    const [light, dark] = await Promise.all(
      ['light', 'dark'].map(async (look) => {
        const visitor = await visit(browser, stage.gemherald, looks[look])
        const colour = await visitor.page.evaluate(
          () => getComputedStyle(document.documentElement).backgroundColor,
        )
        await visitor.close()
        return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number))
      }),
    )
    expect(light).toBeGreaterThan(200)
    expect(dark).toBeLessThan(60)
  })

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

interface AxeWindow {
  axe: {
    run(options?: {
      runOnly: string[]
    }): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
  }
}
