import { renderToStaticMarkup } from 'preact-render-to-string'
import { expect, it } from 'vitest'
import { SlackText } from '../../../src/web/previews/slack-text.js'

const markup = (text: string) =>
  renderToStaticMarkup(<SlackText words={{ type: 'mrkdwn', text, verbatim: true }} />)

it.each([
  [
    '<https://a.example/?x=1&amp;y|Gem page>',
    '<a href="https://a.example/?x=1&amp;y" rel="noreferrer">Gem page</a>',
  ],
  ['<https://a.example/>', '<a href="https://a.example/" rel="noreferrer">https://a.example/</a>'],
  ['a  ·  <https://a.example/|b>', 'a  ·  <a href="https://a.example/" rel="noreferrer">b</a>'],
  ['<!channel>', '&lt;!channel>'],
  ['<@U123|ada>', '&lt;@U123|ada>'],
  ['<javascript:alert(1)|x>', '&lt;javascript:alert(1)|x>'],
  ['<https://a:b@evil.example/|x>', '&lt;https://a:b@evil.example/|x>'],
  ['&lt;b&gt; &amp;lt;', '&lt;b> &amp;lt;'],
])('shows %s as %s', (text, html) => {
  expect(markup(text)).toBe(html)
})

it('takes plain text for what it is', () => {
  const words = { type: 'plain_text', text: '<https://a.example/|x> &lt;b&gt;', emoji: false } as const
  expect(renderToStaticMarkup(<SlackText words={words} />)).toBe('&lt;https://a.example/|x> &lt;b>')
})
