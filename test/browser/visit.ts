import type { BrowserContextOptions } from 'playwright-core'
import { expect } from 'vitest'
import type { BrowserPage, TestBrowser } from '../helpers/browser.js'
import type { TestGemherald } from '../helpers/gemherald.js'

/** Somebody who is signed in to a gemherald's page. */
export interface Visit extends BrowserPage {
  /** Of the server, without a slash at the end. */
  url: string
  /** Goes to a path of the server. */
  go(path: string): Promise<void>
  /** Signs in anew: the session may have ended. */
  signIn(): Promise<void>
}

/** Opens the page with a one-time link, as a new user does. */
export async function visit(
  browser: TestBrowser,
  gemherald: TestGemherald,
  options?: BrowserContextOptions,
): Promise<Visit> {
  const opened = await browser.open(options)
  const { page } = opened
  const signIn = async () => {
    await page.goto(gemherald.signInLink())
    await page.waitForURL(`${gemherald.url}/`)
  }
  await signIn()
  return {
    ...opened,
    url: gemherald.url,
    signIn,
    async go(path) {
      const answer = await page.goto(`${gemherald.url}${path}`)
      expect(answer?.status(), path).toBe(200)
    },
  }
}
