import { describe, expect, it } from 'vitest'
import { hostOf } from '../src/endpoint.js'
import { parseUrl } from '../src/parse-url.js'

describe('parseUrl', () => {
  it.each([
    ['https://example.com/a', 'https://example.com/a'],
    ['https://münchen.example/ä', 'https://xn--mnchen-3ya.example/%C3%A4'],
    ['mailto:ada@example.com', 'mailto:ada@example.com'],
    ['example.com', undefined],
    ['https://', undefined],
    ['', undefined],
  ])('takes %j for %s', (text, href) => expect(parseUrl(text)?.href).toBe(href))

  it('says the same however often it is asked', () => {
    const hosts = new Set<string>()
    for (let call = 0; call < 30_000; call += 1) hosts.add(hostOf('https://münchen.example/ä'))
    expect([...hosts]).toEqual(['xn--mnchen-3ya.example'])
  })
})
