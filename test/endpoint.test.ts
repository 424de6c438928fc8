import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseChannel, endpointUrl, hostOf, recipientOf, urlKind, urlProblems } from '../src/endpoint.js'

describe('urlKind', () => {
  // protocol/rubygems-webhooks.md §4, both columns, and cases found by comparing with Ruby's own matching.
  it.each([
    'http://127.0.0.1/x',
    'https://user:pw@example.com/',
    'https://user:@example.com',
    'http://example.com?x=1',
    'http://example.com/#frag',
    'HTTPS://EXAMPLE.COM',
    'http://example.com.',
    'http://example.com:99999/',
    'http://xn--mnchen-3ya.de/',
    'http://-.-',
    'https://example.com/é',
    'https://example.com/\u00a0',
    'https://example.com/"#{x}',
    'http\u017f://example.com/',
    'http://\u212a.com',
  ])('calls %j a web address, as RubyGems.org does', (url) => {
    expect(urlKind(url)).toBe('web')
  })

  it.each([
    'http://localhost:3000/x',
    'http://[::1]/x',
    'https://[2001:db8::1]:8443/x?y',
    'http://mattermost:8065/hooks/1',
    'http://user:pw@localhost/',
    'http://localhost.',
  ])('calls %j local: RubyGems.org does not take it', (url) => {
    expect(urlKind(url)).toBe('local')
  })

  it.each([
    'https://user@example.com/',
    'http://example.com#frag',
    'ftp://example.com/x',
    'http://example.com:123456/',
    'http://münchen.de/',
    'http://ex_ample.com/',
    'http://a..b/',
    'http://example.com/a b',
    'http://example.com/\t',
    'http://example.com/\n',
    ' http://example.com/',
    'http://example.com\n',
    'http:///x',
    'http://',
    'example.com',
    '',
    'javascript:alert(1)',
    'http://[::1',
    'mailto:',
  ])('calls %j unusable', (url) => {
    expect(urlKind(url)).toBe('unusable')
  })
})

describe('recipientOf', () => {
  it.each([
    ['mailto:team@example.com', 'team@example.com'],
    ['MAILTO:team@example.com', 'team@example.com'],
    ['mailto:first.last+gems@mail.example.com', 'first.last+gems@mail.example.com'],
    ['mailto:first%2Elast%2Bgems@example.com', 'first.last+gems@example.com'],
    ['mailto:a%3Fb@example.com', 'a?b@example.com'],
    ['mailto:root@localhost', 'root@localhost'],
    ['mailto:j%C3%BCrgen@m%C3%BCnchen.de', 'jürgen@münchen.de'],
  ])('reads %j', (url, address) => {
    expect(recipientOf(url)).toBe(address)
    expect(urlKind(url)).toBe('mail')
  })

  it.each([
    'mailto:',
    'mailto:team',
    'mailto:@example.com',
    'mailto://team@example.com',
    'mailto:team@',
    'mailto:a@example.com,b@example.com',
    'mailto:a@example.com%2Cb@example.com',
    'mailto:a@example.com;b@example.com',
    'mailto:a@b@example.com',
    'mailto:team@example.com?bcc=x@example.com',
    'mailto:team@example.com?',
    'mailto:team@example.com#x',
    'mailto:team@example.com%0d%0aBcc:x@example.com',
    'mailto:team@example.com%0A',
    'mailto:team%00@example.com',
    'mailto:Team%20%3Cteam@example.com%3E',
    'mailto:%22a%20b%22@example.com',
    'mailto:a(comment)@example.com',
    'mailto:a%5Cb@example.com',
    'mailto:.a@example.com',
    'mailto:a.@example.com',
    'mailto:a..b@example.com',
    'mailto:a@example..com',
    'mailto:a@-example.com',
    'mailto:a@[127.0.0.1]',
    'mailto:a@127.0.0.1',
    'mailto:a@2130706433',
    'mailto:a@ex%2561mple.com',
    'mailto:a%@example.com',
    'mailto:a%FF@example.com',
    'mailto:a\u202e@example.com',
    `mailto:${'a'.repeat(65)}@example.com`,
    `mailto:a@${'a.'.repeat(127)}com`,
    `mailto:${'a'.repeat(64)}@${'a.'.repeat(95)}com`,
    'http://team@example.com',
  ])('refuses %j', (url) => {
    expect(recipientOf(url)).toBeNull()
  })

  it('never lets a second address or a header through', () => {
    const hostile = fc.stringMatching(/^[a@.,;:<>"()\\ %0123ADb\r\n?#&=]{0,30}$/)
    fc.assert(
      fc.property(hostile, (text) => {
        const address = recipientOf(`mailto:${text}`)
        if (address !== null) expect(address).toMatch(/^[^@\s,;:<>"()[\]\\]+@[^@\s,;:<>"()[\]\\]+$/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('urlProblems', () => {
  const pattern = 'Url does not appear to be a valid URL'
  const tooLong = 'Url is too long (maximum is 255 characters)'
  it.each([
    ['http://example.com', []],
    ['', [pattern, "Url can't be blank"]],
    [' \t\u00a0', [pattern, "Url can't be blank"]],
    ['nonsense', [pattern]],
    [`http://a.b/${'x'.repeat(244)}`, []],
    [`http://a.b/${'x'.repeat(245)}`, [tooLong]],
    // Characters are code points, not UTF-16 units.
    [`http://a.b/${'\u{1f600}'.repeat(244)}`, []],
    [`http://a.b/${'\u{1f600}'.repeat(245)}`, [tooLong]],
    ['x'.repeat(256), [pattern, tooLong]],
    [' '.repeat(256), [pattern, "Url can't be blank", tooLong]],
    ['mailto:a@b.c,d@e.f', [pattern, 'Url must be mailto: followed by one email address and nothing else']],
  ])('finds with %j: %j', (url, problems) => {
    expect(urlProblems(url, urlKind(url))).toEqual(problems)
  })
})

describe('chooseChannel', () => {
  it.each([
    ['https://example.com/hooks/1', null, 'webhook'],
    ['https://hooks.slack.com/services/T/B/x', null, 'slack'],
    ['https://HOOKS.slack-gov.com/services/T/B/x', null, 'slack'],
    ['https://hooks.slack.com.example.org/services/T/B/x', null, 'webhook'],
    ['https://example.com/hooks.slack.com', null, 'webhook'],
    ['mailto:team@example.com', null, 'email'],
    ['MailTo:team@example.com', null, 'email'],
    ['https://mattermost.example.com/hooks/1', 'slack', 'slack'],
    ['https://hooks.slack.com/services/T/B/x', 'webhook', 'webhook'],
    ['mailto:team@example.com', 'email', 'email'],
    ['http://example.com:99999/', null, 'webhook'],
  ])('takes for %j with %j: %s', (url, asked, channel) => {
    expect(chooseChannel(url, asked)).toEqual({ ok: true, value: channel })
  })

  it.each([
    ['https://example.com', 'sms', 'Channel is not one of webhook, slack, email, inbox'],
    ['https://example.com', '', 'Channel is not one of webhook, slack, email, inbox'],
    ['https://example.com', 'Slack', 'Channel is not one of webhook, slack, email, inbox'],
    ['https://example.com', 'email', 'Channel email needs a mailto: URL'],
    ['mailto:team@example.com', 'slack', 'Channel slack needs an http or https URL'],
    ['mailto:team@example.com', 'webhook', 'Channel webhook needs an http or https URL'],
    ['mailto:a,b', null, 'Url must be mailto: followed by one email address and nothing else'],
  ])('refuses for %j %j: %s', (url, asked, message) => {
    expect(chooseChannel(url, asked)).toEqual({ ok: false, problem: { code: 'invalid', message } })
  })
})

describe('hostOf', () => {
  it.each([
    ['https://user:secret@hooks.slack.com/services/T/B/secret?secret#secret', 'hooks.slack.com'],
    ['mailto:secret@example.com', 'example.com'],
    ['not a URL with a secret', ''],
    ['mailto:secret', ''],
  ])('keeps of %j only %j', (url, host) => {
    expect(hostOf(url)).toBe(host)
  })
})

describe('endpointUrl', () => {
  it.each([
    ['mailto:team@example.com', 'mailto:team@example.com'],
    ['MAILTO:te%61m@Example.COM', 'mailto:team@example.com'],
    ['mailto:Team@example.com', 'mailto:Team@example.com'],
    ['mailto:a%3Fb%25c@example.com', 'mailto:a%3Fb%25c@example.com'],
    ['https://Example.com/%61', 'https://Example.com/%61'],
  ])('of %s is %s', (url, address) => {
    expect(endpointUrl(url)).toBe(address)
    expect(recipientOf(endpointUrl(url))?.toLowerCase()).toBe(recipientOf(url)?.toLowerCase())
  })
})
