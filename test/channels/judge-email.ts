import PostalMime from 'postal-mime'
import type { HostileRelease } from './hostile-payloads.js'
import { hiddenCharacters } from './judge-characters.js'
import { linkFaults, type ShownLink } from './judge-links.js'
import { readStrictly } from './strict-html.js'
import { type Letter, type MimeEntity, readLetter, readMime } from './strict-mime.js'

/** Where the mails of these tests come from, go to, and can be stopped. */
export const post = {
  sender: { name: 'Gem news', address: 'news@example.com', domain: 'example.com' },
  recipient: 'ada@example.com',
  unsubscribeUrl: 'https://gems.example.com/unsubscribe/3fd9?who=ada&all=1',
}

/** Every promise about an email that these bytes break, one sentence each. Throws when they are no mail at all. */
export function emailFaults(raw: Buffer, release: HostileRelease): string[] {
  const mime = readMime(raw)
  const { headers, parts } = mime
  const letter = readLetter(mime)
  return [
    ...headerFaults(headers, expectedHeaders(release)),
    ...(parts.length === 2 ? [] : [`${parts.length} parts`]),
    ...parts.flatMap(({ headers }, i) => headerFaults(headers, partHeaders[i] ?? {})),
    ...subjectFaults(letter.subject),
    ...hiddenCharacters(`${letter.text}${letter.html}`),
    ...textFaults(letter, release),
    ...htmlFaults(letter, release),
  ]
}

/**
 * What a reader who is not of this house takes otherwise than `emailFaults` does, one sentence each. It takes longer than
 * all other judges together, so it is for a part of many mails.
 */
export async function otherReadings(raw: Buffer): Promise<string[]> {
  const { subject, text, html } = readLetter(readMime(raw))
  const theirs = await PostalMime.parse(raw)
  return [
    ...(theirs.subject === subject ? [] : [`the subject is ${theirs.subject}`]),
    ...(theirs.text?.trimEnd() === text.trimEnd() ? [] : [`the text is ${theirs.text}`]),
    ...(theirs.html?.trimEnd() === html.trimEnd() ? [] : [`the HTML is ${theirs.html}`]),
    ...(theirs.attachments.length > 0 ? ['an attachment'] : []),
  ]
}

const thread = /^<gem-[0-9a-f]{32}@example\.com>$/

function expectedHeaders({ message }: HostileRelease): Record<string, string | RegExp> {
  return {
    'Auto-Submitted': 'auto-generated',
    'Content-Type': /^multipart\/alternative; boundary="[\w-]+"$/,
    Date: 'Wed, 29 Jul 2026 15:02:42 +0000',
    From: 'Gem news <news@example.com>',
    'In-Reply-To': thread,
    'List-ID': '<gems.example.com>',
    'List-Unsubscribe': `<${post.unsubscribeUrl}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'MIME-Version': '1.0',
    'Message-ID': `<${message.id}@example.com>`,
    References: thread,
    Subject: /^[\x20-\x7e]{1,600}$/,
    To: post.recipient,
  }
}

const partHeaders = ['plain', 'html'].map((type) => ({
  'Content-Transfer-Encoding': /^(?:7bit|base64|quoted-printable)$/,
  'Content-Type': `text/${type}; charset=utf-8`,
}))

/** All of these and no others, each once. */
function headerFaults(headers: MimeEntity['headers'], expected: Record<string, string | RegExp>): string[] {
  const names = headers.map(([name]) => name).sort()
  const wanted = Object.keys(expected).sort()
  if (names.join() !== wanted.join()) return [`headers ${names}`]
  return headers
    .filter(([name, value]) => !fits(value, expected[name] ?? ''))
    .map(([name, value]) => `${name}: ${value}`)
}

function fits(value: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? value === wanted : wanted.test(value)
}

/** One line of letters, digits and little else, with room for the name in a list of mails. */
function subjectFaults(subject: string): string[] {
  return /^\[gems\] [\w.+?:() …-]{1,150}$/.test(subject) ? [] : [`subject ${subject}`]
}

/** Each line begins with words of ours, so that nobody's words pass for a line of ours. */
function textFaults({ text, subject }: Letter, release: HostileRelease): string[] {
  const lines = text.trimEnd().split('\n')
  const links = lines.flatMap((line): ShownLink[] => {
    const [, label, url] = /^(Changelog|Compare|Gem page): (.*)$/.exec(line) ?? []
    return label === undefined || url === undefined ? [] : [{ label, url }]
  })
  const stop = lines.splice(-2).join('\n')
  return [
    ...(`[gems] ${lines[0]}` === subject ? [] : ['the title is not the subject']),
    ...(stop === `-- \nStop these mails: ${post.unsubscribeUrl}` ? [] : [`it ends with ${stop}`]),
    ...linkFaults(links, release),
    ...lines.slice(1).filter((line) => !ownLine.test(line)),
  ]
}

const ownLine =
  /^(?:|(?:Test|Sample): .*|(?:(?:No longer y|Y)anked|First release seen here|Release|(?:Major|Minor|Patch) release|Prerelease): .*|(?:Changelog|Compare|Gem page|About|Version|Licence|Platform): \S.*|By \S.*)$/

function htmlFaults({ html, subject }: Letter, release: HostileRelease): string[] {
  const { elements, text } = readStrictly(html.trim())
  const links = [...html.matchAll(/<a href="[^"]*">([^<]*)<\/a>/g)].map(([, label]) => label)
  const urls = elements.filter(({ name }) => name === 'a').map(({ attributes }) => attributes.href ?? '')
  const shown = urls.map((url, i): ShownLink => ({ url, label: links[i] ?? '' }))
  const stop = shown.pop()
  return [
    ...elements.filter((element) => !isOwn(element)).map((element) => JSON.stringify(element)),
    ...linkFaults(shown, release),
    ...(stop?.url === post.unsubscribeUrl && stop.label === 'Stop these mails' ? [] : ['no way out']),
    ...(text.includes(subject.slice('[gems] '.length)) ? [] : ['no title']),
  ]
}

function isOwn({ name, attributes }: { name: string; attributes: Record<string, string> }): boolean {
  return ownElements[name]?.test(JSON.stringify(attributes)) ?? false
}

const ownElements: Record<string, RegExp> = {
  html: /^\{"lang":"en"\}$/,
  head: /^\{\}$/,
  meta: /^\{(?:"charset":"utf-8"|"name":"color-scheme","content":"light dark")\}$/,
  body: /^\{\}$/,
  div: /^\{"style":"border-left:4px solid #[0-9a-f]{6};padding:4px 16px;max-width:640px;font:16px\/1\.5 sans-serif"\}$/,
  h1: /^\{"style":"font-size:20px;margin:0 0 12px"\}$/,
  p: /^\{"style":"margin:0 0 12px(?:;font-size:13px;opacity:\.75)?"\}$/,
  strong: /^\{\}$/,
  br: /^\{\}$/,
  a: /^\{"href":"https?:\/\/[^"]+"\}$/,
}
