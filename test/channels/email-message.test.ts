import { createTransport } from 'nodemailer'
import PostalMime, { type Email } from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { emailMessage } from '../../src/channels/email-message.js'
import type { Job, Message } from '../../src/delivery.js'
import { aJob, payload, payloadNames } from './jobs.js'

const sender = { name: 'Gem news', address: 'news@example.com', domain: 'example.com' }
const unsubscribeUrl = 'https://gems.example.com/unsubscribe/3fd9?who=ada&all=1'
const writer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })

async function write(job: Job): Promise<Buffer> {
  const message = emailMessage(job, sender, { name: '', address: 'ada@example.com' })
  return (await writer.sendMail(message)).message as Buffer
}

const read = async (job: Job): Promise<Email> => PostalMime.parse(await write(job))

const about = (message: Partial<Message>, job: Partial<Job> = {}) =>
  aJob({ channel: 'email', url: 'mailto:ada@example.com', ...job }, message)

const header = (email: Email, key: string) =>
  email.headers.filter((one) => one.key === key).map(({ value }) => value)

describe('an email', () => {
  it('tells it all about a release', async () => {
    const email = await read(about({}, { unsubscribeUrl }))
    expect(email).toMatchObject({
      from: { name: 'Gem news', address: 'news@example.com' },
      to: [{ address: 'ada@example.com' }],
      subject: '[gems] rails 8.1.3.1 released (patch)',
      date: '2026-07-29T15:02:42.000Z',
      messageId: '<msg_2Lh9KRb0pzN4LePd3XiA4v12Axj@example.com>',
    })
    expect(email.text).toBe(`rails 8.1.3.1 released (patch)

Patch release: 8.1.3 → 8.1.3.1

Changelog: https://github.com/rails/rails/releases/tag/v8.1.3.1
Compare: https://github.com/rails/rails/compare/v8.1.3...v8.1.3.1
Gem page: https://rubygems.org/gems/rails

About: Ruby on Rails is a full-stack web framework optimized for programmer happiness and sustainable productivity. It encourages beautiful code by favoring convention over configuration.

By David Heinemeier Hansson
Licence: MIT

-- 
Stop these mails: ${unsubscribeUrl}
`)
    expect(hrefs(email)).toEqual([
      'https://github.com/rails/rails/releases/tag/v8.1.3.1',
      'https://github.com/rails/rails/compare/v8.1.3...v8.1.3.1',
      'https://rubygems.org/gems/rails',
      unsubscribeUrl.replace('&', '&amp;'),
    ])
    expect(email.html).toContain('By David Heinemeier Hansson<br>Licence: MIT')
  })

  it('carries the headers of a list, and of a machine', async () => {
    const email = await read(about({}, { unsubscribeUrl }))
    expect(header(email, 'auto-submitted')).toEqual(['auto-generated'])
    expect(header(email, 'list-id')).toEqual(['<gems.example.com>'])
    expect(header(email, 'list-unsubscribe')).toEqual([`<${unsubscribeUrl}>`])
    expect(header(email, 'list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click'])
  })

  it('offers no way out that there is not', async () => {
    const email = await read(about({}))
    expect(email.headers.map(({ key }) => key).filter((key) => key.startsWith('list-'))).toEqual(['list-id'])
    expect(`${email.text}${email.html}`).not.toContain('Stop these mails')
  })

  it.each(payloadNames)('can be read back: %s', async (name) => {
    const body = payload(name)
    const email = await read(about({ body }))
    const { name: gem, version } = JSON.parse(body)
    expect(email.subject).toContain(`[gems] ${gem} ${version}`)
    expect(email.text).toContain(`${gem} ${version}`)
    expect(email.html).toContain(`${gem} ${version}`)
  })

  it.each([
    [{ kind: 'yanked' }, '[gems] nokogiri 1.18.9 (java) yanked'],
    [{ kind: 'restored' }, '[gems] nokogiri 1.18.9 (java) restored'],
    [{ origin: 'fire' }, '[gems] Test: nokogiri 1.18.9 (java) released (minor)'],
    [{ origin: 'sample' }, '[gems] Test: nokogiri 1.18.9 (java) released (minor)'],
  ] as const)('%o has the subject %s', async (message, subject) => {
    const email = await read(about({ body: payload('platform-java'), previous: '1.17.0', ...message }))
    expect(email.subject).toBe(subject)
  })

  it('says in the text, too, that a sample is a sample', async () => {
    const email = await read(about({ origin: 'sample' }))
    expect(email.text).toContain('Sample: this release does not exist')
    expect(email.html).toContain('Sample: this release does not exist')
  })

  it('escapes what strangers wrote', async () => {
    const email = await read(about({ body: payload('push-demo') }))
    expect(email.html).toContain(
      '&lt;b&gt;HTML&lt;/b&gt;, quotes &quot;like this&quot;, a backslash \\ and an ampersand &amp; must',
    )
    expect(email.text).toContain('<b>HTML</b>, quotes "like this", a backslash \\ and an ampersand & must')
  })

  it('belongs to the thread of its gem', async () => {
    const [rails, next, other] = await Promise.all([
      read(about({ id: 'msg_1' })),
      read(about({ id: 'msg_2', body: payload('prerelease') })),
      read(about({ id: 'msg_3', body: payload('platform-java') })),
    ])
    expect(rails.inReplyTo).toMatch(/^<gem-[0-9a-f]{32}@example\.com>$/)
    expect(rails.references).toBe(rails.inReplyTo)
    expect(next.inReplyTo).toBe(rails.inReplyTo)
    expect(other.inReplyTo).not.toBe(rails.inReplyTo)
  })

  it('is the same, byte for byte, on every attempt', async () => {
    const [first, second] = [await write(about({}, { attempt: 1 })), await write(about({}, { attempt: 2 }))]
    expect(second.equals(first)).toBe(true)
  })
})

function hrefs(email: Email): string[] {
  return [...(email.html ?? '').matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '')
}
