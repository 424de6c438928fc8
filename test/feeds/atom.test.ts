import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atomFeed, type Entry, type Feed } from '../../src/feeds/atom.js'
import { feedId } from '../../src/feeds/feed-id.js'
import { messageEntry } from '../../src/feeds/message-entry.js'
import { hostileRelease } from '../channels/hostile-payloads.js'
import { codePoint } from '../helpers/code-point.js'
import { linksOf, readFeed } from './atom-rules.js'
import { childrenOf, readXml, textOf } from './strict-xml.js'

const entry: Entry = {
  id: feedId('here', 'an entry'),
  title: 'rails 8.0.0 released',
  updated: Date.UTC(2026, 8, 1),
  page: 'https://herald.example/gems/rails/versions/8.0.0',
  related: [{ label: 'Changelog', url: 'https://example.com/?a=1&b=2' }],
  category: 'pushed',
  summary: 'Major release: 7.2.0 → 8.0.0',
}
const feed: Feed = {
  id: feedId('here', 'a feed'),
  title: 'Releases of gems',
  self: 'https://herald.example/feed.atom',
  page: 'https://herald.example/',
  entries: [entry],
}

it('writes a valid feed', () => {
  const { feed: read, entries } = readFeed(atomFeed(feed))
  expect(textOf(read, 'updated')).toBe('2026-09-01T00:00:00.000Z')
  expect(entries).toHaveLength(1)
  expect(entries.map((one) => textOf(one, 'summary'))).toEqual([entry.summary])
  expect(entries.flatMap((one) => linksOf(one, 'related'))).toEqual(['https://example.com/?a=1&b=2'])
})

it('writes an empty one that stays the same', () => {
  const xml = atomFeed({ ...feed, entries: [] })
  expect(textOf(readFeed(xml).feed, 'updated')).toBe('1970-01-01T00:00:00.000Z')
})

describe('hostile text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
    fc.constantFrom(
      '</summary><script>alert(1)</script>',
      ']]><!--',
      '&amp;&#0;&nbsp;',
      '"><x a="',
      '<?xml?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>',
      '\u0000\u000b\u001b[31m\uFFFE\uFFFF\uD800',
      '\r\n',
    ),
  )

  it('is never more than text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const related = [{ label: text, url: `https://example.com/${text}` }]
        const xml = atomFeed({
          ...feed,
          title: text,
          entries: [{ ...entry, title: text, related, category: text, summary: text }],
        })
        const read = readXml(xml)
        const [one] = childrenOf(read, 'entry')
        if (one === undefined) throw new Error('There is no entry.')
        const shown = text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
        expect(textOf(read, 'title')).toBe(shown)
        expect(textOf(one, 'summary')).toBe(shown)
        expect(childrenOf(one, 'category').map(({ attributes }) => attributes.term)).toEqual([shown])
        expect(linksOf(one, 'related')).toEqual([`https://example.com/${shown}`])
        expect(one.children.filter((child) => typeof child !== 'string')).toHaveLength(7)
      }),
    )
  })
})

it('says what a message says, whatever strangers write', () => {
  fc.assert(
    fc.property(hostileRelease, ({ message }) => {
      const { entries } = readFeed(atomFeed({ ...feed, entries: [messageEntry(message, entry)] }))
      expect(entries).toHaveLength(1)
    }),
  )
})

describe('an id', () => {
  it('is the same for the same, and for nothing else', () => {
    expect(feedId('here', 'a', 'b')).toBe(feedId('here', 'a', 'b'))
    const all = [
      feedId('here', 'a', 'b'),
      feedId('there', 'a', 'b'),
      feedId('here', 'ab'),
      feedId('here', 'b', 'a'),
    ]
    expect(new Set(all).size).toBe(4)
  })
})
