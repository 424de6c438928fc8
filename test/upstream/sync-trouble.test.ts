import { describe, expect, it } from 'vitest'
import { failure } from '../../src/rubygems/result.js'
import { syncTrouble } from '../../src/upstream/sync-trouble.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems/canary'
const host = 'https://ada:canary@rubygems.example.org'
const tell = (...parts: Parameters<typeof failure>) =>
  syncTrouble(failure(...parts).problem, host, receiverUrl)

describe('syncTrouble', () => {
  it.each<[string, Parameters<typeof failure>]>([
    [
      'GET rubygems.example.org/x failed: it hung up.',
      ['unavailable', 'GET rubygems.example.org/x failed: it hung up.'],
    ],
    [
      'rubygems.example.org answered 409: ["A hook for the receiver is odd"]',
      ['conflict', 'no', { status: 409, text: `["A hook for\n${receiverUrl} is \u001Bodd"]` }],
    ],
    [
      'rubygems.example.org does not accept RUBYGEMS_API_KEY: Access Denied. Set a key that may manage web hooks there, and start this server again.',
      ['unauthorized', 'no', { status: 401, text: 'Access Denied' }],
    ],
    [
      'rubygems.example.org answered 500: /remove?url=the receiver&a',
      ['unavailable', 'no', { status: 500, text: `/remove?url=${encodeURIComponent(receiverUrl)}&a` }],
    ],
    [
      'rubygems.example.org answered 302, a redirect: set RUBYGEMS_HOST to the right address.',
      ['invalid', `redirect to /remove?url=${receiverUrl}`, { status: 302, text: receiverUrl }],
    ],
    ['a web page', ['unavailable', 'a web page', { status: 200 }]],
  ])('%s', (text, problem) => {
    expect(tell(...problem)).toBe(text)
  })

  it('is short, and hides a URL that begins before the end', () => {
    const told = tell('unavailable', 'no', {
      status: 500,
      text: `${'x'.repeat(190)}${receiverUrl}${'y'.repeat(900)}`,
    })
    expect(told.length).toBeLessThan(250)
    expect(told).not.toContain('gems.example.org/web')
  })
})
