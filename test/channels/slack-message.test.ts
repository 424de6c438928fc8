import { describe, expect, it } from 'vitest'
import { announce } from '../../src/channels/announcement.js'
import { slackMessage } from '../../src/channels/slack-message.js'
import type { Message } from '../../src/delivery.js'
import { refusePayload, type SlackBlock, type SlackText } from '../helpers/slack-sink.js'
import { aMessage, payload, payloadNames } from './jobs.js'

const render = (message: Message) => slackMessage(announce(message))

const textsOf = (blocks: SlackBlock[]): SlackText[] =>
  blocks.flatMap((block) => [...(block.text ? [block.text] : []), ...(block.elements ?? [])])

describe('a Slack message', () => {
  it('tells it all about a release', () => {
    expect(render(aMessage())).toEqual({
      text: [
        'rails 8.1.3.1 released (patch) – Patch release: 8.1.3 → 8.1.3.1',
        '<https://github.com/rails/rails/releases/tag/v8.1.3.1|Changelog> · <https://github.com/rails/rails/compare/v8.1.3...v8.1.3.1|Compare> · <https://rubygems.org/gems/rails|Gem page>',
      ].join('\n'),
      blocks: [
        {
          type: 'header',
          text: { type: 'plain_text', text: '📦 rails 8.1.3.1 released (patch)', emoji: false },
        },
        {
          type: 'section',
          text: { type: 'plain_text', text: 'Patch release: 8.1.3 → 8.1.3.1', emoji: false },
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '<https://github.com/rails/rails/releases/tag/v8.1.3.1|Changelog>  ·  <https://github.com/rails/rails/compare/v8.1.3...v8.1.3.1|Compare>  ·  <https://rubygems.org/gems/rails|Gem page>',
            verbatim: true,
          },
        },
        {
          type: 'section',
          text: {
            type: 'plain_text',
            text: 'Ruby on Rails is a full-stack web framework optimized for programmer happiness and sustainable productivity. It encourages beautiful code by favoring convention over configuration.',
            emoji: false,
          },
        },
        {
          type: 'context',
          elements: [
            { type: 'plain_text', text: 'By David Heinemeier Hansson', emoji: false },
            { type: 'plain_text', text: 'Licence: MIT', emoji: false },
          ],
        },
      ],
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  it.each(payloadNames)('is what Slack takes: %s', (name) => {
    expect(refusePayload(JSON.stringify(render(aMessage({ body: payload(name) }))))).toBeNull()
  })

  it.each([
    ['pushed', '📦 gemherald-demo 1.4.2 released (patch)'],
    ['yanked', '⛔ gemherald-demo 1.4.2 yanked'],
    ['restored', '♻️ gemherald-demo 1.4.2 restored'],
  ] as const)('shows at a glance that it was %s', (kind, header) => {
    const { blocks } = render(aMessage({ kind, body: payload('yank-demo'), previous: '1.4.1' }))
    expect(textsOf(blocks)[0]?.text).toBe(header)
  })

  it('escapes what strangers wrote', () => {
    const texts = textsOf(render(aMessage({ body: payload('push-demo') })).blocks).map(({ text }) => text)
    expect(texts).toContain(
      'Demonstration gem for webhook receivers: &lt;b&gt;HTML&lt;/b&gt;, quotes "like this", a backslash \\ and an ampersand &amp; must all survive.',
    )
  })

  it.each([
    ['evil.example.com', '1.0', 'ruby', '`evil.example.com` 1.0 released (major) – Major release: 0.9 → 1.0'],
    ['rails', '2.0.0.dev', 'ruby', 'rails `2.0.0.dev` released (prerelease) – Prerelease: 0.9 → `2.0.0.dev`'],
    ['__init__', '1.0', '_x_', '`__init__` 1.0 (`_x_`) released (major) – Major release: 0.9 → 1.0'],
    [
      'a_b',
      '1.0.rc1',
      'x86_64-linux',
      'a_b 1.0.rc1 (x86_64-linux) released (prerelease) – Prerelease: 0.9 → 1.0.rc1',
    ],
  ])('makes neither links nor slanted letters of %s %s %s', (name, version, platform, first) => {
    const body = JSON.stringify({ ...JSON.parse(payload('ruby')), name, version, platform })
    const { text } = render(aMessage({ body, previous: '0.9' }))
    expect(text?.split('\n')[0]).toBe(first)
  })

  it.each(['&', '<', '>', 'x&', '😀<'])('cuts between characters, not within: %s', (piece) => {
    const body = JSON.stringify({ ...JSON.parse(payload('ruby')), info: piece.repeat(1000) })
    const info = textsOf(render(aMessage({ body })).blocks).find(({ text }) => text.endsWith('…'))?.text ?? ''
    expect(info.length).toBeGreaterThan(290)
    expect(info.length).toBeLessThanOrEqual(300)
    expect(info).toMatch(/^(?:&(?:amp|lt|gt);|x|😀)+…$/u)
  })

  it.each([
    ['fire', '📦 Test: rails 8.1.3.1 released (patch)', /^Test: /],
    ['sample', '📦 Test: rails 8.1.3.1 released (patch)', /^Sample: this release does not exist/],
  ] as const)('says that a %s is only a test', (origin, header, notice) => {
    const [first, second] = textsOf(render(aMessage({ origin })).blocks)
    expect(first?.text).toBe(header)
    expect(second?.text).toMatch(notice)
  })
})
