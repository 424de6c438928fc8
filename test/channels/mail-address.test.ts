import { describe, expect, it } from 'vitest'
import { readRecipient, readSender } from '../../src/channels/mail-address.js'

describe('readSender', () => {
  it.each([
    ['gems@example.com', '', 'gems@example.com', 'example.com'],
    ['Gem news <gems@example.com>', 'Gem news', 'gems@example.com', 'example.com'],
    ['"Gems, Ltd" <gems@example.com>', 'Gems, Ltd', 'gems@example.com', 'example.com'],
    ['Grüße <gems@münchen.example>', 'Grüße', 'gems@münchen.example', 'xn--mnchen-3ya.example'],
    ['gems@localhost', '', 'gems@localhost', 'localhost'],
  ])('reads %s', (from, name, address, domain) => expect(readSender(from)).toEqual({ name, address, domain }))

  it.each(['', 'Gems', 'a@b.example, c@d.example', 'Gems <>', 'friends: a@b.example, c@d.example;'])(
    'refuses %j',
    (from) => expect(() => readSender(from)).toThrow('MAIL_FROM'),
  )
})

describe('readRecipient', () => {
  it.each([
    ['mailto:ada@example.com', 'ada@example.com'],
    ['MAILTO:ada@example.com', 'ada@example.com'],
    ['mailto:ada%2Bgems@example.com', 'ada+gems@example.com'],
    ['mailto:ada+gems@example.com?subject=x&bcc=eve@example.com', 'ada+gems@example.com'],
    ['mailto:%61da@example.com', 'ada@example.com'],
    ['mailto:jörg@example.com', 'jörg@example.com'],
  ])('reads %s', (url, address) => expect(readRecipient(url)).toEqual({ name: '', address }))

  it.each([
    'mailto:',
    'mailto:ada',
    'ada@example.com',
    'https://example.com/ada@example.com',
    'mailto:ada@example.com,eve@example.com',
    'mailto:ada@example.com%2Ceve@example.com',
    'mailto:ada@example.com%0D%0ABcc:eve@example.com',
    'mailto:ada@example.com%3E%20SIZE=1',
    'mailto:%22eve@example.com%22@example.com',
    'mailto:Ada%20%3Cada@example.com%3E',
    'mailto:ada@example.com\u2028',
    'mailto:%ZZ@example.com',
    `mailto:${'a'.repeat(250)}@example.com`,
  ])('finds nobody in %s', (url) => expect(readRecipient(url)).toBeNull())
})
