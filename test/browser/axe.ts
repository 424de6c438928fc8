import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Brings axe into the page that is loaded, so that `seriousTrouble` can be asked as often as the page changes its looks. */
export async function bringAxe(page: Page): Promise<void> {
  // biome-ignore lint/security/noGlobalEval: the page's own policy lets no other script in.
  await page.evaluate((source) => globalThis.eval(source), source)
}

/** What some people could not use, one line for each element; by these rules only, when told. */
export function seriousTrouble(page: Page, rules?: string[]): Promise<string[]> {
  return page.evaluate(async (rules) => {
    const { violations } = await (globalThis as unknown as AxeWindow).axe.run({
      // The other results would be gathered from every element for nothing.
      resultTypes: ['violations'],
      selectors: false,
      // What mails look like is shown in frames that let no script in: it would wait for an answer from there.
      iframes: false,
      ...(rules && { runOnly: rules }),
    })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }, rules)
}

interface AxeWindow {
  axe: {
    run(options: {
      resultTypes: string[]
      selectors: boolean
      iframes: boolean
      runOnly?: string[]
    }): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
  }
}
