/** A page or a mail as its tags, and the words between them. */
export interface Html {
  /** Every element in order, with its attributes decoded. */
  elements: { name: string; attributes: Record<string, string> }[]
  /** The words, decoded, without the tags. */
  text: string
}

/**
 * Reads HTML that is written with care, and throws at anything that a browser would have to make sense of: a tag that is
 * not closed, an attribute without quotes, a stray `<`, an entity that is not one of ours, a comment.
 */
export function readStrictly(html: string): Html {
  const body = html.replace(/^<!doctype html>\s*/i, '')
  if (body === html) throw new Error('It does not begin with a doctype.')
  const open: string[] = []
  const page: Html = { elements: [], text: '' }
  for (const [piece, close, name, attributes] of body.matchAll(token)) {
    if (name !== undefined) {
      page.elements.push({ name, attributes: readAttributes(attributes ?? '') })
      if (!empty.has(name)) open.push(name)
    } else if (close !== undefined) {
      if (open.pop() !== close) throw new Error(`${piece} closes nothing.`)
    } else {
      if (/[<>]/.test(piece)) throw new Error(`This is no tag: ${JSON.stringify(piece.slice(0, 60))}`)
      page.text += decode(piece)
    }
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`)
  return page
}

const token = /<\/([a-z][a-z\d]*)>|<([a-z][a-z\d]*)((?: [a-z-]+="[^"<>]*")*)>|[^<]+|</g
const empty = new Set(['br', 'meta'])

function readAttributes(text: string): Record<string, string> {
  const found = [...text.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, name, value]) => [
    name,
    decode(value ?? ''),
  ])
  const attributes = Object.fromEntries(found)
  if (Object.keys(attributes).length < found.length) throw new Error(`An attribute twice:${text}`)
  return attributes
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", middot: '·' }

function decode(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (whole, name: string, end: string) => {
    const character = end === '' ? undefined : entities[name]
    if (character === undefined)
      throw new Error(`This is no entity of ours: ${JSON.stringify(whole.slice(0, 40))}`)
    return character
  })
}
