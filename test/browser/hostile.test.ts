import type { Frame } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBothTransports } from '../end-to-end/transports.js'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { pages } from './pages.js'
import { type BrowserStage, setBrowserStage } from './stage.js'
import { type Visit, visit } from './visit.js'

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
    let visitor: Visit
    beforeAll(async () => {
      stage = await setBrowserStage(await environment(), hostile)
      visitor = await visit(browser, stage.gemherald)
    })
    afterAll(async () => {
      await visitor.close()
      await stage.close()
    })

    it('is shown as the text that it is', async () => {
      await visitor.go('/gems/rails/versions/8.1.4')
      expect(await visitor.page.getByRole('main').textContent()).toContain(`document.title='owned'`)
    })

    it('leaves every page unharmed and the console silent', async () => {
      const { page, complaints } = visitor
      for (const [name, goThere] of Object.entries(pages)) {
        await goThere(visitor, stage)
        expect(await page.title(), name).not.toContain('owned')
        for (const frame of page.frames()) expect(await foreignIn(frame), name).toEqual([])
      }
      expect(complaints.filter((line) => !/status of (404|503)/.test(line))).toEqual([])
    })
  })
})

/** Elements that only the payload could have brought in. */
const foreignIn = (frame: Frame) =>
  frame
    .locator('body script, img, svg[onload], a[href^="javascript:"], [onerror]')
    .evaluateAll((elements) => elements.map(({ outerHTML }) => outerHTML))
