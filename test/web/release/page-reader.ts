import { webLink } from '../../../src/channels/links.js'
import { hiddenCharacters } from '../../channels/judge-characters.js'

/** A page as its elements and the words between them. */
export interface ReadPage {
  elements: { name: string; attributes: Record<string, string> }[]
  text: string
}

/**
 * Reads a page that is written with care, and throws at what a browser would have to make sense of: a stray `<`, an
 * attribute without quotes, an element that is not closed, a comment.
 */
export function readPage(html: string): ReadPage {
  const body = html.replace(/^<!DOCTYPE html>/, '')
  if (body === html) throw new Error('It does not begin with a doctype.')
  const page: ReadPage = { elements: [], text: '' }
  const open: string[] = []
  for (const [piece, close, name, attributes, selfClosed] of body.matchAll(token)) {
    if (name !== undefined) {
      page.elements.push({ name, attributes: attributesIn(attributes ?? '') })
      if (selfClosed === '' && !empty.has(name)) open.push(name)
    } else if (close !== undefined) {
      if (open.pop() !== close) throw new Error(`${piece} closes nothing.`)
    } else if (piece.startsWith('<')) {
      throw new Error(`This is no tag: ${piece}${body.slice(body.indexOf(piece), 60)}`)
    } else page.text += decode(piece)
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`)
  return page
}

/** What of a page no page of ours has: foreign elements, attributes and links, and characters that nobody sees. */
export function pageFaults(html: string): string[] {
  const { elements, text } = readPage(html)
  return [
    ...elements.filter(({ name }) => !ownElements.has(name)).map(({ name }) => `element ${name}`),
    ...elements.flatMap(({ name, attributes }) =>
      Object.entries(attributes).flatMap(([attribute, value]) => [
        ...(ownAttributes.has(attribute) ? [] : [`attribute ${attribute}="${value}" of ${name}`]),
        ...(links.has(attribute) && !leadsRight(value, attributes.rel) ? [`${name} leads to ${value}`] : []),
        ...hiddenCharacters(value).map(
          (one) => `hidden in ${attribute}: ${one.codePointAt(0)?.toString(16)}`,
        ),
      ]),
    ),
    ...hiddenCharacters(text).map((one) => `hidden: ${one.codePointAt(0)?.toString(16)}`),
    ...elements
      .filter(
        ({ name, attributes }) => name === 'script' && !/^\/assets\/page\.js\?/.test(attributes.src ?? ''),
      )
      .map(() => 'a script'),
  ]
}

/** The attributes of the elements with this name. */
export function attributesOf(html: string, name: string): Record<string, string>[] {
  return readPage(html)
    .elements.filter((element) => element.name === name)
    .map(({ attributes }) => attributes)
}

/** Where the page's links lead. */
export function hrefsIn(html: string): string[] {
  return attributesOf(html, 'a').map(({ href }) => href ?? '')
}

const token = /<\/([a-z]\w*)>|<([a-z]\w*)((?: [A-Za-z][\w-]*(?:="[^"<]*")?)*)\s?(\/?)>|[^<]+|</g
const empty = new Set(['br', 'hr', 'input', 'link', 'meta'])
const links = new Set(['href', 'src', 'action'])

const ownElements = new Set(
  `html head meta title link script body a header nav main footer aside section search div span p h1 h2 h3 strong
   ul ol li dl dt dd table caption thead tbody tr th td figure figcaption svg g rect path desc circle time code pre
   details summary form input select option label button progress noscript bdi del dialog kbd`.split(/\s+/),
)

const ownAttributes = new Set(
  `lang charset name content rel href type title src defer class id tabindex method action value placeholder
   autocomplete autocapitalize spellcheck selected checked scope datetime width height viewbox x y d fill stroke
   preserveaspectratio vector-effect role focusable hidden max for open http-equiv required disabled
   aria-label aria-labelledby aria-hidden aria-current aria-describedby
   step data-utc data-zone data-live data-live-from data-search data-row data-ask data-progress data-opens data-key data-go data-now
   stroke-width stroke-linecap stroke-linejoin cx cy r`.split(/\s+/),
)

/** To this server, or out by a link that says nothing of where it came from. */
function leadsRight(url: string, rel: string | undefined): boolean {
  if (/^(?:\/(?![/\\])|#)/.test(url)) return true
  return rel === 'noreferrer nofollow' && webLink(url) === url
}

function attributesIn(text: string): Record<string, string> {
  const found = [...text.matchAll(/ ([A-Za-z][\w-]*)(?:="([^"<]*)")?/g)]
  return Object.fromEntries(found.map(([, name = '', value]) => [name.toLowerCase(), decode(value ?? '')]))
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function decode(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (whole, name: string, end: string) => {
    const character = end === '' ? undefined : entities[name]
    if (character === undefined) throw new Error(`This is no entity of ours: ${whole.slice(0, 40)}`)
    return character
  })
}
