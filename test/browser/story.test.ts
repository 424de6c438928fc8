import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { retrySchedule } from '../../src/retry.js'
import { onBothTransports } from '../end-to-end/transports.js'
import { browserHalf, startBrowser, type TestBrowser } from '../helpers/browser.js'
import { apiKey, startGemherald, type TestGemherald } from '../helpers/gemherald.js'
import { type HttpSink, startHttpSink } from '../helpers/http-sink.js'
import { type RubygemsOrg, startRubygemsOrg } from '../helpers/rubygems-org.js'
import { until } from '../helpers/wait.js'
import { type Visit, visit } from './visit.js'

describe.runIf(browserHalf)('in a browser', () => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())

  onBothTransports('somebody', (environment) => {
    let gemherald: TestGemherald
    let sink: HttpSink
    let upstream: RubygemsOrg
    let visitor: Visit
    let time: number

    beforeAll(async () => {
      sink = await startHttpSink()
      // It knows the gem of the hooks: without an answer each hook would wait for one.
      upstream = await startRubygemsOrg()
      upstream.push('rails', '8.1.3')
    })
    afterAll(async () => {
      await sink.close()
      await upstream.close()
    })
    afterEach(async () => {
      await visitor.close()
      await gemherald.remove()
      sink.received.length = 0
      sink.answer({})
    })
    const start = async () => {
      time = Date.UTC(2026, 10, 20)
      gemherald = await startGemherald({
        env: { RUBYGEMS_HOST: upstream.url, ...(await environment()) },
        now: () => time,
      })
      visitor = await visit(browser, gemherald)
    }
    const advance = (ms: number) => {
      time += ms
      gemherald.wake()
    }

    it('who is new registers an inbox, fires a test, and sees the release, the delivery and the previews', async () => {
      await start()
      const { page, complaints } = visitor
      await page.getByRole('link', { name: 'Hooks', exact: true }).click()
      expect(await page.getByLabel('Gem', { exact: true }).inputValue()).toBe('*')
      expect(await page.getByLabel('Address').inputValue()).toBe('inbox:demo')
      await page.getByRole('button', { name: 'Add hook' }).click()
      await page.getByRole('button', { name: 'Test fire' }).click()
      await page.getByRole('heading', { level: 1, name: 'Test fire' }).waitFor()
      const main = page.getByRole('main')
      expect(await main.textContent()).toContain('Kept in inbox:demo.')
      for (const preview of ['Slack', 'Email', 'Webhook'])
        await main.getByRole('heading', { name: preview, exact: true }).waitFor()
      await visitor.go('/inbox/demo')
      expect(await main.textContent()).toContain('gemcutter')
      expect(complaints).toEqual([])
    })

    it('who signs in with an API key sees a release arrive without reloading', async () => {
      await start()
      const { page, complaints } = visitor
      await gemherald.addHook('*', 'inbox:demo')
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('API key').fill(apiKey)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { level: 1, name: 'Releases' }).waitFor()
      await page.evaluate(() => document.body.setAttribute('data-not-reloaded', ''))
      await gemherald.pushRelease('rails', '8.1.4')
      const row = page.getByRole('listitem').filter({ hasText: '8.1.4' })
      await row.getByText('1 sent').waitFor()
      await gemherald.pushRelease('rails', '8.1.4', { yanked: true })
      await page.getByRole('listitem').filter({ hasText: 'yanked' }).waitFor()
      expect(await page.locator('body[data-not-reloaded]').count()).toBe(1)
      await visitor.go('/inbox/demo')
      await page.getByRole('link', { name: /rails 8\.1\.4 yanked/ }).click()
      expect(await page.getByRole('main').textContent()).toContain('Yanked: it can no longer be installed.')
      expect(complaints).toEqual([])
    })

    it('whose endpoint fails sees it retried, given up, redelivered and delivered', async () => {
      await start()
      const { page, complaints } = visitor
      sink.answer({ status: 503, body: 'not today' })
      await gemherald.addHook('rails', `${sink.url}/down`)
      await gemherald.pushRelease('rails', '8.1.4')
      await sink.waitFor(1)
      await page.getByText('1 waiting').waitFor()
      await visitor.go('/gems/rails/versions/8.1.4')
      const main = page.getByRole('main')
      await main.getByText('answered 503').first().waitFor()
      // Nobody looks while the tries go on: sessions last twelve hours, and they take more than a day.
      await page.goto('about:blank')
      for (const [index, wait] of retrySchedule.entries()) {
        advance(wait * 1.21)
        await sink.waitFor(index + 2)
        await until('the attempt is recorded', async () => (await attempts()) === index + 2)
      }
      await visitor.signIn()
      await page.getByText('1 dead').waitFor()
      await visitor.go('/gems/rails/versions/8.1.4')
      await page.evaluate(() => document.body.setAttribute('data-not-reloaded', ''))
      sink.answer({})
      await main.getByText('8 attempts').waitFor()
      await main.getByRole('button', { name: /^Redeliver: / }).click()
      await main.getByText('9 attempts').waitFor()
      await main.locator('.badge.good', { hasText: 'sent' }).first().waitFor()
      expect(new Set(sink.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
      expect(complaints).toEqual([])
    })

    it('asks for dead letters of a time range again, and sees how far that is', async () => {
      await start()
      const { page, complaints } = visitor
      sink.answer({ status: 410 })
      await gemherald.addHook('rails', `${sink.url}/gone`)
      await gemherald.pushRelease('rails', '8.1.4')
      await until('it is given up', async () => (await deliveries('dead')).length === 1)
      advance(3_600_000)
      await visitor.go('/hooks')
      await page.getByRole('button', { name: /^Enable / }).click()
      await page.getByRole('button', { name: /^Disable / }).waitFor()
      await gemherald.pushRelease('rails', '8.1.5')
      await until('the second is given up', async () => (await deliveries('dead')).length === 2)
      await page.reload()
      await page.getByRole('button', { name: /^Enable / }).click()
      await page.getByRole('button', { name: /^Disable / }).waitFor()
      sink.answer({})
      await visitor.go('/dead')
      await page.getByLabel('Given up from').fill('2026-11-20T00:30')
      await page.getByLabel('until').fill('2026-11-20T23:59')
      await page.getByRole('button', { name: 'Show' }).click()
      await page.getByRole('button', { name: 'Redeliver this one' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Redeliver this one' }).click()
      await page.getByText('1 delivery goes out again.').waitFor()
      await until('one is sent', async () => (await deliveries('succeeded')).length === 1)
      expect((await deliveries('dead')).map(({ event }) => event.number)).toEqual(['8.1.4'])
      expect(complaints).toEqual([])
    })

    const ask = async (path: string) => {
      const answer = await fetch(`${gemherald.url}${path}`, { headers: { authorization: apiKey } })
      return (await answer.json()) as { deliveries: { attempts: number; event: { number: string } }[] }
    }
    const deliveries = async (state: string) =>
      (await ask(`/api/v1/deliveries.json?state=${state}`)).deliveries
    const attempts = async () => (await ask('/api/v1/deliveries.json')).deliveries[0]?.attempts ?? 0
  })
})
