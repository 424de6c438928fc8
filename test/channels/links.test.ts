import { describe, expect, it } from 'vitest'
import { compareLink, webLink } from '../../src/channels/links.js'

describe('webLink', () => {
  it.each([
    ['https://example.com/a?b=1#c', 'https://example.com/a?b=1#c'],
    ['HTTP://EXAMPLE.COM', 'http://example.com/'],
    ['https://example.com/a b"<>|\'', 'https://example.com/a%20b%22%3C%3E%7C%27'],
    ['https://example.com/a_(b)?`c`#\\d', 'https://example.com/a_%28b%29?%60c%60#%5Cd'],
    ['https://münchen.example/ä', 'https://xn--mnchen-3ya.example/%C3%A4'],
  ])('shows %s as %s', (value, expected) => expect(webLink(value)).toBe(expected))

  it.each([
    '',
    'example.com',
    '/a',
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'mailto:a@example.com',
    'ftp://example.com/',
    'https://rubygems.org@evil.example/',
    'https://user:password@example.com/',
    'https://',
    `https://example.com/${'x'.repeat(2000)}`,
    null,
    42,
    ['https://example.com/'],
    {},
  ])('shows nothing for %j', (value) => expect(webLink(value)).toBeNull())
})

describe('compareLink', () => {
  const diffend = 'https://my.diffend.io/gems/rails/8.1.3/8.1.3.1'
  const github = (path: string) => `https://github.com/${path}`

  it.each([
    [null, diffend],
    ['', diffend],
    ['https://gitlab.com/rails/rails', diffend],
    ['https://github.com.evil.example/rails/rails', diffend],
    ['https://github.com/rails', diffend],
    ['javascript:alert(1)//github.com/rails/rails', diffend],
    [github('rails/rails'), github('rails/rails/compare/v8.1.3...v8.1.3.1')],
    [github('rails/rails/'), github('rails/rails/compare/v8.1.3...v8.1.3.1')],
    [github('rails/rails.git'), github('rails/rails/compare/v8.1.3...v8.1.3.1')],
    ['http://www.github.com/rails/rails', github('rails/rails/compare/v8.1.3...v8.1.3.1')],
    [github('rails/rails/tree/v8.1.3.1'), github('rails/rails/compare/v8.1.3...v8.1.3.1')],
    [github('rails/rails/tree/8.1.3.1/railties'), github('rails/rails/compare/8.1.3...8.1.3.1')],
    [github('a/b/tree/b-v8.1.3.1'), github('a/b/compare/b-v8.1.3...b-v8.1.3.1')],
    [github('a/b/tree/main'), github('a/b/compare/v8.1.3...v8.1.3.1')],
    [github('a/b/tree/%0d8.1.3.1'), github('a/b/compare/v8.1.3...v8.1.3.1')],
    [github('a/b%0d/tree/v8.1.3.1'), diffend],
  ])('with sources at %s leads to %s', (sources, expected) => {
    expect(compareLink('rails', '8.1.3', '8.1.3.1', sources)).toBe(expected)
  })

  it.each([
    ['ra/ils', '1.0', '1.1'],
    ['rails', '../1.0', '1.1'],
    ['rails', '1.0', 'x?y'],
  ])('offers nothing for %s %s %s', (gem, previous, number) => {
    expect(compareLink(gem, previous, number, null)).toBeNull()
  })
})
