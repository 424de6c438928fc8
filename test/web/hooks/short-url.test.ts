import { expect, it } from 'vitest'
import { shortUrl } from '../../../src/web/hooks/short-url.js'

it.each([
  ['https://hooks.slack.com/services/T0/B0/abcdefghij', 'hooks.slack.com/…ghij'],
  ['https://example.com', 'example.com'],
  ['https://example.com/', 'example.com'],
  ['http://127.0.0.1:8080/?key=secret', '127.0.0.1:8080/…cret'],
  ['https://user:password@example.com/', 'example.com'],
  ['https://example.com/a', 'example.com/…a'],
  ['https://example.com/hook/', 'example.com/…ook/'],
  ['mailto:Ada@example.com', 'Ada@example.com'],
  ['inbox:demo', 'inbox:demo'],
])('%s is shown as %s', (url, shown) => {
  expect(shortUrl(url)).toBe(shown)
})
