import { expect } from 'vitest'
import { childrenOf, readXml, textOf, type XmlElement } from './strict-xml.js'

/** Reads a feed, and expects it to be a valid one (RFC 4287 §4.1). */
export function readFeed(xml: string): { feed: XmlElement; entries: XmlElement[] } {
  const feed = readXml(xml)
  expect(feed).toMatchObject({ name: 'feed', attributes: { xmlns: 'http://www.w3.org/2005/Atom' } })
  expectCommon(feed)
  expect(linksOf(feed, 'self')).toHaveLength(1)
  expect(childrenOf(feed, 'author').map((author) => textOf(author, 'name'))).not.toContain('')
  const entries = childrenOf(feed, 'entry')
  for (const entry of entries) {
    expectCommon(entry)
    for (const { attributes } of childrenOf(entry, 'category')) expect(attributes.term).toMatch(/\w/)
  }
  const ids = entries.map((entry) => textOf(entry, 'id'))
  expect(new Set(ids).size).toBe(ids.length)
  return { feed, entries }
}

/** Where the links of this kind lead. */
export function linksOf(parent: XmlElement, rel: string): (string | undefined)[] {
  return childrenOf(parent, 'link')
    .filter(({ attributes }) => attributes.rel === rel)
    .map(({ attributes }) => attributes.href)
}

function expectCommon(element: XmlElement): void {
  expect(textOf(element, 'id')).toMatch(
    /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  )
  expect(textOf(element, 'title')).toMatch(/\S/)
  expect(textOf(element, 'updated')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(linksOf(element, 'alternate')).toHaveLength(1)
  for (const { attributes } of childrenOf(element, 'link')) expect(attributes.href).toMatch(/^https?:\/\//)
}
