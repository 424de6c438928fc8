/** An element of a page, with its attributes decoded; those without a value are empty. */
export interface PageElement {
  name: string
  attributes: Record<string, string>
  /** The words in it and in what it holds. */
  text: string
}

/** A page as its elements, in order, and its words. */
export interface StrictPage {
  elements: PageElement[]
  text: string
}

/**
 * Reads HTML as the pages write it, and throws at anything that a browser would have to make sense of: a tag that is not
 * closed, an attribute without quotes or twice, a stray `<`, an entity that the pages do not write, a comment. Like
 * test/channels/strict-html.ts, but for `>` in words and values, where it means nothing.
 */
export function readPage(html: string): StrictPage {
  const body = html.replace(/^<!DOCTYPE html>/, '')
  const open: PageElement[] = []
  const page: StrictPage = { elements: [], text: '' }
  for (const [piece, close, name, attributes, slash] of body.matchAll(token)) {
    if (name !== undefined) {
      const element = { name, attributes: readAttributes(attributes ?? ''), text: '' }
      page.elements.push(element)
      if (slash !== '/') open.push(element)
      else if (!empty.has(name) && !drawn.has(name)) throw new Error(`${piece} may not be empty.`)
    } else if (close !== undefined) {
      if (open.pop()?.name !== close) throw new Error(`${piece} closes nothing.`)
    } else {
      if (piece === '<') throw new Error(`A stray < in ${JSON.stringify(body.slice(0, 60))}`)
      const words = decode(piece)
      page.text += words
      for (const element of open) element.text += words
    }
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.map(({ name }) => name)}`)
  return page
}

const token = /<\/([a-z][a-z\d]*)>|<([a-z][a-z\d]*)((?:\s[A-Za-z-]+(?:="[^"<]*")?)*)\s?(\/?)>|[^<]+|</g
const empty = new Set(['br', 'hr', 'img', 'input', 'link', 'meta'])
const drawn = new Set(['path', 'rect', 'circle', 'line', 'polyline', 'option', 'span', 'dt', 'datalist'])

function readAttributes(text: string): Record<string, string> {
  const found = [...text.matchAll(/\s([A-Za-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [
    name,
    decode(value ?? ''),
  ])
  const attributes = Object.fromEntries(found)
  if (Object.keys(attributes).length < found.length) throw new Error(`An attribute twice:${text}`)
  return attributes
}

const entities: Record<string, string> = { amp: '&', lt: '<', quot: '"' }

function decode(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (whole, name: string, end: string) => {
    const character = end === '' ? undefined : entities[name]
    if (character === undefined)
      throw new Error(`This is no entity of the pages: ${JSON.stringify(whole.slice(0, 40))}`)
    return character
  })
}
