import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBothTransports } from '../end-to-end/transports.js'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { pages } from './pages.js'
import { type BrowserStage, setBrowserStage } from './stage.js'
import { visit } from './visit.js'

const markup = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script></textarea></title><svg onload="document.title='owned'"><a href="javascript:document.title='owned'">here</a>`
const names = ['authors', 'info', 'sha', 'spec_sha', 'version_created_at', 'downloads'] as const
const links = [
  'project_uri',
  'gem_uri',
  'homepage_uri',
  'wiki_uri',
  'documentation_uri',
  'mailing_list_uri',
  'source_code_uri',
  'bug_tracker_uri',
  'changelog_uri',
  'funding_uri',
] as const
const hostile = {
  ...Object.fromEntries(names.map((name) => [name, markup])),
  ...Object.fromEntries(
    links.map((name, at) => [name, at % 2 === 0 ? "javascript:document.title='owned'" : markup]),
  ),
  licenses: [markup],
  metadata: { [markup]: markup },
  dependencies: { development: [], runtime: [{ name: markup, requirements: markup }] },
}

describe.runIf(browserHalf)('in a browser', () => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())

  onBothTransports('a payload full of markup and script', (environment) => {
    let stage: BrowserStage
    beforeAll(async () => {
      stage = await setBrowserStage(await environment(), hostile)
    })
    afterAll(() => stage.close())

    it('leaves every page unharmed and the console silent', async () => {
      const visitor = await visit(browser, stage.gemherald)
      const { page, complaints, close } = visitor
      for (const [name, goThere] of Object.entries(pages)) {
        await goThere(visitor)
        expect(await page.title(), name).not.toContain('owned')
        for (const foreign of ['body script', 'img', 'svg[onload]', 'a[href^="javascript:"]', '[onerror]'])
          for (const frame of page.frames())
            expect(await frame.locator(foreign).count(), `${name}: ${foreign}`).toBe(0)
      }
      expect(complaints.filter((line) => !/status of (404|503)/.test(line))).toEqual([])
      await close()
    })

    it('is shown as the text that it is', async () => {
      const { page, go, close } = await visit(browser, stage.gemherald)
      await go('/gems/rails/versions/8.1.4')
      expect(await page.getByRole('main').textContent()).toContain(`document.title='owned'`)
      await close()
    })
  })
})
