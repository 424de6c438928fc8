import { describe, expect, it } from 'vitest'
import { hider } from '../../src/rubygems/hide.js'

const hide = hider({ apiKey: 'rubygems_a+b/c.d', otp: '123456', receiverToken: 'a' })

describe('what was told to an upstream is hidden in its words', () => {
  it.each([
    ['Wrong key rubygems_a+b/c.d!', 'Wrong key ***!'],
    ['?key=rubygems_a%2Bb%2Fc.d&x', '?key=***&x'],
    ['rubygems_aab/cxd', 'rubygems_aab/cxd'],
    ['OTP 123456 is wrong: 123456', 'OTP *** is wrong: ***'],
    ['otp=%20123456', 'otp=%20***'],
    ['{"sha":"f123456","at":1234567}', '{"sha":"f123456","at":1234567}'],
    [
      'a hook for https://a.b/webhooks/rubygems/a exists',
      'a hook for https://a.b/webhooks/rubygems/*** exists',
    ],
    ['url=https%3A%2F%2Fa%2fwebhooks%2Frubygems%2fa', 'url=https%3A%2F%2Fa%2fwebhooks%2Frubygems%2f***'],
    ['webhooks%252Frubygems%252Fa&', 'webhooks%252Frubygems%252F***&'],
    ['', ''],
  ])('%j becomes %j', (text, hidden) => {
    expect(hide(text)).toBe(hidden)
  })

  it('where there is nothing to hide, nothing is', () => {
    expect(hider({})('a rubygems_key')).toBe('a rubygems_key')
  })
})
