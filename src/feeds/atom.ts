import { xmlText } from './xml.js'

/** A feed (RFC 4287). All texts are plain ones, not yet escaped; moments are ms since the epoch. */
export interface Feed {
  /** An IRI that stays the same wherever the feed lies. */
  id: string
  title: string
  /** Where it lies. */
  self: string
  /** The page that shows the same. */
  page: string
  /** Newest first. */
  entries: Entry[]
}

/** What a reader of feeds shows as one article. */
export interface Entry {
  id: string
  title: string
  updated: number
  page: string
  related: readonly { label: string; url: string }[]
  category: string
  summary: string
}

/** Writes a feed as XML. An empty one was last changed at the epoch, so that it stays the same. */
export function atomFeed({ id, title, self, page, entries }: Feed): string {
  const updated = Math.max(0, ...entries.map((entry) => entry.updated))
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    element('id', id),
    element('title', title),
    element('updated', moment(updated)),
    link('self', self, 'application/atom+xml'),
    link('alternate', page, 'text/html'),
    '<author><name>gemherald</name></author>',
    ...entries.map(atomEntry),
    '</feed>\n',
  ].join('\n')
}

function atomEntry({ id, title, updated, page, related, category, summary }: Entry): string {
  return [
    '<entry>',
    element('id', id),
    element('title', title),
    element('updated', moment(updated)),
    link('alternate', page, 'text/html'),
    ...related.map(
      ({ label, url }) => `<link rel="related" title="${xmlText(label)}" href="${xmlText(url)}"/>`,
    ),
    `<category term="${xmlText(category)}"/>`,
    element('summary', summary),
    '</entry>',
  ].join('\n')
}

function element(name: string, text: string): string {
  return `<${name}>${xmlText(text)}</${name}>`
}

function link(rel: string, href: string, type: string): string {
  return `<link rel="${rel}" type="${type}" href="${xmlText(href)}"/>`
}

function moment(ms: number): string {
  return new Date(ms).toISOString()
}
