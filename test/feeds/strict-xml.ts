/** An XML element: its children are elements and texts, decoded, in order. */
export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: (XmlElement | string)[]
}

/**
 * Reads XML that is written with care, and throws at anything that is not well-formed, or that only a full parser could make
 * sense of: a comment, a CDATA section, a doctype, an entity that is not one of XML's own.
 */
export function readXml(xml: string): XmlElement {
  const declaration = /^<\?xml version="1\.0" encoding="utf-8"\?>\n/
  if (!declaration.test(xml)) throw new Error('It does not begin with a declaration.')
  if (!possible.test(xml)) throw new Error('It has a character that XML cannot hold.')
  const document: XmlElement = { name: '', attributes: {}, children: [] }
  const open = [document]
  for (const [piece, close, name, attributes, empty] of xml.replace(declaration, '').matchAll(token)) {
    const parent = open.at(-1) as XmlElement
    if (name !== undefined) {
      const element = { name, attributes: readAttributes(attributes ?? ''), children: [] }
      parent.children.push(element)
      if (empty === '') open.push(element)
    } else if (close !== undefined) {
      if (parent.name !== close) throw new Error(`${piece} closes ${parent.name || 'nothing'}.`)
      open.pop()
    } else {
      if (/<|\]\]>/.test(piece)) throw new Error(`This is no tag: ${JSON.stringify(piece.slice(0, 60))}`)
      parent.children.push(decode(piece))
    }
  }
  if (open.length > 1) throw new Error(`Not closed: ${open.at(-1)?.name}`)
  const [root, ...others] = document.children.filter((child) => child !== '\n')
  if (root === undefined || typeof root === 'string' || others.length > 0)
    throw new Error('There is not one element around everything.')
  return root
}

/** The elements with this name in another one. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter(
    (child): child is XmlElement => typeof child !== 'string' && child.name === name,
  )
}

/** The text of the one element with this name. */
export function textOf(parent: XmlElement, name: string): string {
  const [child, ...others] = childrenOf(parent, name)
  if (child === undefined || others.length > 0) throw new Error(`There is not one ${name}.`)
  return child.children.join('')
}

const possible = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
const token = /<\/([a-z]+)>|<([a-z]+)((?: [a-z]+="[^"<>]*")*)(\/?)>|[^<]+|</g

function readAttributes(text: string): Record<string, string> {
  const found = [...text.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [
    name,
    decode(value ?? ''),
  ])
  const attributes = Object.fromEntries(found)
  if (Object.keys(attributes).length < found.length) throw new Error(`An attribute twice:${text}`)
  return attributes
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (whole, name: string, end: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1]
    const character = code === undefined ? named[name] : String.fromCodePoint(Number(code))
    if (end === '' || character === undefined)
      throw new Error(`This is no entity: ${JSON.stringify(whole.slice(0, 40))}`)
    return character
  })
}
