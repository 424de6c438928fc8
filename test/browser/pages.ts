import { expect } from 'vitest'
import type { BrowserStage } from './stage.js'
import type { Visit } from './visit.js'

/** How a visitor of a stage gets to a page. */
export type Way = (visitor: Visit, stage: BrowserStage) => Promise<void>

const to =
  (path: string, status = 200): Way =>
  async ({ page, url }) => {
    const answer = await page.goto(`${url}${path}`)
    expect(answer?.status(), path).toBe(status)
  }

/** Every page there is on the stage, by a name that files can have. The last one signs the visitor out. */
export const pages: Record<string, Way> = {
  releases: to('/'),
  search: to('/?search=rails&kind=pushed'),
  nothing: to('/?search=nothing-like-it'),
  release: to('/gems/rails/versions/8.1.4'),
  platforms: to('/gems/nokogiri/versions/1.19.0'),
  hooks: to('/hooks'),
  'hooks-by-gem': to('/hooks?by=gem'),
  endpoint: to('/endpoints/3'),
  preview: to('/preview?gem=rails'),
  fired: async ({ page, go }) => {
    await go('/endpoints/2')
    await page.getByRole('button', { name: /^Test fire/ }).click()
    await page.getByRole('heading', { level: 1, name: 'Test fire' }).waitFor()
  },
  dead: to('/dead'),
  'dead-none': to('/dead?until=2001-01-01T00%3A00'),
  inboxes: to('/inbox'),
  inbox: to('/inbox/demo'),
  message: to('/inbox/demo/2'),
  setup: to('/setup'),
  sync: to('/setup/sync'),
  'sync-refused': async (visitor, stage) => {
    const [key] = stage.account.keys
    if (key === undefined) throw new Error('The account has a key.')
    key.expired = true
    await to('/setup/sync', 503)(visitor, stage)
    key.expired = false
  },
  missing: to('/no-such-page', 404),
  'sign-in': async ({ page, url, go }) => {
    await go('/')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${url}/sign-in`)
  },
}
