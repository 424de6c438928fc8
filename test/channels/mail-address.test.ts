import { describe, expect, it } from 'vitest'
import { readSender } from '../../src/channels/mail-address.js'

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
    (from) => expect(readSender(from)).toBeNull(),
  )
})
