import { spawnSync } from 'node:child_process'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'

/** False where no chromium can be had: tests in a browser choose with `describe.runIf(browserHalf)`. */
export const browserHalf = process.env.GEMHERALD_TEST_BROWSER !== 'off'

/** A page in a browser context of its own, and all that went wrong in it. */
export interface BrowserPage {
  page: Page
  context: BrowserContext
  /** What scripts, the console and the network complained of: errors and warnings, one line each. */
  complaints: string[]
  close(): Promise<void>
}

/** A headless chromium of the test's own. Close it when the tests are over. */
export interface TestBrowser {
  open(options?: BrowserContextOptions): Promise<BrowserPage>
  close(): Promise<void>
}

/** Starts Debian's chromium. Rejects when there is none on PATH. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: whereIs('chromium'),
    // Root has no sandbox.
    args: ['--no-sandbox'],
    chromiumSandbox: false,
  })
  return { open: (options) => open(browser, options), close: () => browser.close() }
}

function whereIs(command: string): string {
  const { stdout, status } = spawnSync('/bin/sh', ['-c', `command -v ${command}`], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`There is no ${command} on PATH: apt-get install ${command}`)
  return stdout.trim()
}

async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  // Before the test's own limit, so that a test says what it waited for.
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`${message.type()}: ${message.text()}`)
  })
  return { page, context, complaints, close: () => context.close() }
}
