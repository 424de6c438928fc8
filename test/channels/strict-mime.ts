/** A message as it travels: its headers, unfolded, and its parts. */
export interface MimeEntity {
  headers: [name: string, value: string][]
  /** Of a part: the bytes before they are decoded. */
  body: string
}

/** What a reader shows of a mail. */
export interface Letter {
  subject: string
  text: string
  html: string
}

/** A mail of one `multipart/alternative` with these parts. */
export interface Mime extends Pick<MimeEntity, 'headers'> {
  parts: MimeEntity[]
}

/**
 * Reads a mail by the letter of RFC 5322 and 2045, and throws at anything that another reader could take in another way:
 * bytes beyond ASCII, control characters, a lone CR or LF, lines beyond 998 bytes, a header that is none, a preamble, an
 * encoding that is not the one that is named.
 */
export function readMime(raw: Buffer): Mime {
  const text = raw.toString('latin1')
  refuse(text, /[^\t\r\n\x20-\x7e]/, 'a byte that is no printable ASCII')
  refuse(text, /\r(?!\n)|(?<!\r)\n/, 'half a line break')
  if (text.split('\r\n').some((line) => line.length > 998)) throw new Error('A line of more than 998 bytes.')
  const { headers, body } = entity(text)
  const boundary = /^multipart\/alternative; boundary="([\w-]{1,70})"$/.exec(
    headerOf(headers, 'content-type'),
  )?.[1]
  const [preamble, ...pieces] = `\r\n${body}`.split(`\r\n--${boundary}`)
  const epilogue = pieces.pop()
  if (boundary === undefined || preamble?.trim() !== '' || epilogue?.trim() !== '--')
    throw new Error('It is not one multipart/alternative from beginning to end.')
  return { headers, parts: pieces.map((piece) => part(piece)) }
}

/** The value of the only header of that name; throws when it is missing or there twice. */
export function headerOf(headers: MimeEntity['headers'], name: string): string {
  const [found, ...others] = headers.filter(([key]) => key.toLowerCase() === name)
  if (found === undefined || others.length > 0) throw new Error(`Not exactly one header ${name}.`)
  return found[1]
}

/** What a mail of a plain part and an HTML part says. Throws where an encoding leaves room for more than one reading. */
export function readLetter({ headers, parts }: Mime): Letter {
  const [text = '', html = ''] = parts.map(decodeBody)
  return { subject: decodeWords(headerOf(headers, 'subject')), text, html }
}

function decodeBody({ headers, body }: MimeEntity): string {
  const encoding = headerOf(headers, 'content-transfer-encoding')
  if (encoding === '7bit') return withLf(body)
  const bytes = encoding === 'base64' ? Buffer.from(body, 'base64') : fromQuoted(body.replace(/=\r\n/g, ''))
  return withLf(utf8.decode(bytes))
}

/** Encoded words of RFC 2047, and the words between them; blanks between two encoded ones are none. */
function decodeWords(value: string): string {
  return value
    .replace(/(?<=\?=) +(?==\?)/g, '')
    .replace(/=\?UTF-8\?([QB])\?([^?\s]*)\?=/gi, (_word, kind: string, code: string) =>
      utf8.decode(/q/i.test(kind) ? fromQuoted(code.replaceAll('_', ' ')) : Buffer.from(code, 'base64')),
    )
}

function fromQuoted(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([\dA-F]{2})/g, (_sign, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  )
}

function withLf(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function part(piece: string): MimeEntity {
  if (!piece.startsWith('\r\n')) throw new Error('A boundary with something behind it.')
  const found = entity(piece.slice(2))
  const encoding = headerOf(found.headers, 'content-transfer-encoding')
  const wrong = found.body.split('\r\n').find((line) => !encodedLines[encoding]?.test(line))
  if (wrong !== undefined) throw new Error(`This line is not ${encoding}: ${JSON.stringify(wrong)}`)
  return found
}

// quoted-printable: none beyond 76 characters, none that ends in a blank, and = only where it means something.
const encodedLines: Record<string, RegExp> = {
  '7bit': /^/,
  base64: /^[A-Za-z\d+/]{0,76}={0,2}$/,
  'quoted-printable': /^(?=.{0,76}$)(?:[\t\x20-\x3c\x3e-\x7e]|=[\dA-F]{2})*=?(?<![\t ])$/,
}

function entity(text: string): MimeEntity {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) throw new Error('Headers without an end.')
  const lines = text.slice(0, end).replace(/\r\n(?=[ \t])/g, '')
  const headers = lines.split('\r\n').map((line): [string, string] => {
    const [, name, value] = /^([A-Za-z-]+): ?(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`This is no header: ${line}`)
    return [name, value]
  })
  return { headers, body: text.slice(end + 4) }
}

function refuse(text: string, pattern: RegExp, what: string): void {
  const found = pattern.exec(text)
  if (found)
    throw new Error(`${what}: ${JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40))}`)
}
