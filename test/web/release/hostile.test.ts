import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePayload } from '../../../src/payload.js'
import { releasePath } from '../../../src/web/releases/release-path.js'
import { fragments, type HostileRelease, hostileRelease } from '../../channels/hostile-payloads.js'
import { factsOf } from '../../helpers/webhooks.js'
import { pageFaults, readPage } from './page-reader.js'
import { deadly, openStage, type Stage } from './stage.js'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  stage.temp.hook()
  // A release before each one of the hostile payloads, and itself hostile, so that dependencies are compared.
  for (const { facts } of fc.sample(hostileRelease, 20)) stage.temp.arrive({ ...facts, version: '0.0.1' })
})
afterAll(() => stage.close())

/** Keeps a release, or puts its body into the place of one that is there already; the page that shows it. */
function keep({ facts }: HostileRelease): string {
  const body = Buffer.from(JSON.stringify(facts))
  const parsed = parsePayload(body)
  if (!parsed.ok) throw new Error(parsed.problem.message)
  const { eventId } = stage.temp.arrive(facts)
  stage.temp.change(
    "UPDATE events SET payload = ?, confirmation = 'unconfirmed', doubt = ? WHERE id = ?",
    body,
    JSON.stringify(facts.info),
    eventId,
  )
  const { name, version, platform } = parsed.value
  return `${releasePath(name, version)}?platform=${encodeURIComponent(platform)}`
}

describe('payloads full of markup', () => {
  it('leave the page of their release and the list of releases as they were', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRelease, async (release) => {
        const answer = await stage.load(keep(release))
        expect({ status: answer.status, faults: pageFaults(answer.html) }).toEqual({
          status: 200,
          faults: [],
        })
      }),
      { numRuns: 200 },
    )
    // Each page of the list shows fifty of them.
    for (const path of ['/', '/?kind=yanked', '/?before=100'])
      expect(pageFaults((await stage.load(path)).html)).toEqual([])
  }, 120_000)

  it('are cut to what a page has room for', async () => {
    const facts = factsOf({
      name: 'long',
      version: '1.0',
      info: '<script>'.repeat(8_000),
      licenses: fragments,
    })
    const { html, text } = await stage.load(keep({ facts } as HostileRelease))
    expect(pageFaults(html)).toEqual([])
    expect(text).toContain('<script><script>')
    expect(html.length).toBeLessThan(60_000)
  })
})

describe('answers full of markup', () => {
  it('are shown as text', async () => {
    stage.temp.arrive({ name: 'answered', version: '1.0' })
    stage.temp.fanOut()
    stage.attempt({ ...deadly, response: fragments.join('\n'), error: fragments.join(' ') })
    for (const path of ['/gems/answered/versions/1.0', '/dead']) {
      const { html } = await stage.load(path)
      expect(pageFaults(html)).toEqual([])
      expect(readPage(html).text).toContain('<!channel>')
    }
  })
})

describe('addresses full of markup', () => {
  it('change nothing but what is listed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...fragments),
        fc.constantFrom('search', 'gem', 'before', 'since', 'redelivery', 'redelivered', 'state', 'endpoint'),
        async (value, name) => {
          const query = new URLSearchParams({ [name]: value })
          for (const path of ['/', '/dead', '/gems/answered/versions/1.0'])
            expect(pageFaults((await stage.load(`${path}?${query}`)).html)).toEqual([])
        },
      ),
      { numRuns: 50 },
    )
  }, 60_000)
})
