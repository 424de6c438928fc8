import { describe, expect, it } from 'vitest'
import { blockFaults } from '../helpers/block-kit.js'
import { fragments } from './hostile-payloads.js'
import { aMessage, payload } from './jobs.js'
import { hiddenCharacters } from './judge-characters.js'
import { linkFaults } from './judge-links.js'
import { readMarkup } from './mrkdwn.js'
import { readStrictly } from './strict-html.js'
import { type MimeEntity, readLetter, readMime } from './strict-mime.js'

// A judge that sees nothing would let everything pass.

describe('readMarkup', () => {
  const nothing = { mentions: [], links: [], autoLinks: [], formatted: [], faults: [] }

  it.each([
    ['<!channel>', { mentions: ['<!channel>'] }],
    ['<!here|here>', { mentions: ['<!here|here>'] }],
    ['<@U123>', { mentions: ['<@U123>'] }],
    ['<#C123>', { mentions: ['<#C123>'] }],
    ['hello @here', { mentions: ['@h'] }],
    ['<javascript:alert(1)|x>', { mentions: ['<javascript:alert(1)|x>'] }],
    ['<https://a.b/?x=1&amp;y|Gem page>', { links: [{ url: 'https://a.b/?x=1&y', label: 'Gem page' }] }],
    ['see evil.example.com', { autoLinks: ['evil.example'] }],
    ['see https://a.b/c', { autoLinks: ['https://a.b/c'] }],
    ['a@b', { autoLinks: ['a@b'], mentions: ['@b'] }],
    ['2.0.0.dev', { autoLinks: ['0.dev'] }],
    ['a *b* c', { formatted: ['*b*'] }],
    ['_it_', { formatted: ['_it_'] }],
    ['x (_y_)', { formatted: ['_y_'] }],
    ['~no~', { formatted: ['~no~'] }],
    ['an `open', { formatted: ['`'] }],
    [':tada:', { formatted: [':tada:'] }],
    ['> quote', { faults: ['>'], formatted: ['>'] }],
    ['&gt; quote', { formatted: ['>'] }],
    ['a & b', { faults: ['&'] }],
    ['a\u0007', { faults: ['\u0007'] }],
    ['rails 8.1.3.1 (x86_64-linux): 8.2.0.beta1 → `evil.example.com` &amp; `_x_`', {}],
  ])('sees what is in %j', (text, expected) => {
    expect(readMarkup(text)).toEqual({ ...nothing, ...expected })
  })
})

it.each([
  [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
  [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }],
  [{ type: 'section' }],
  [{ type: 'section', text: { type: 'plain_text', text: '' } }],
  [{ type: 'section', text: { type: 'plain_text', text: ' ' } }],
  [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }],
  [{ type: 'section', text: { type: 'mrkdwn', text: 'x', emoji: false } }],
  [{ type: 'section', text: { type: 'plain_text', text: 'x', verbatim: true } }],
  [{ type: 'section', fields: [] }],
  [{ type: 'section', fields: Array(11).fill({ type: 'plain_text', text: 'x' }) }],
  [{ type: 'section', fields: [{ type: 'plain_text', text: 'x'.repeat(2001) }] }],
  [{ type: 'context', elements: [] }],
  [{ type: 'divider', text: 'x' }],
  [{ type: 'marquee' }],
  [null],
])('blockFaults refuses %j', (block) => {
  expect(blockFaults([{ type: 'divider' }])).toEqual([])
  expect(blockFaults([block])).not.toEqual([])
})

it('blockFaults counts blocks', () => {
  expect(blockFaults(Array(50).fill({ type: 'divider' }))).toEqual([])
  expect(blockFaults(Array(51).fill({ type: 'divider' }))).not.toEqual([])
  expect(blockFaults([])).not.toEqual([])
})

it.each([
  '<p>x',
  '<p>x</b>',
  '<p class=x>y</p>',
  '<p title="a" title="b">x</p>',
  '<!-- x -->',
  'a < b',
  'a & b',
  'a &nbsp; b',
  '<a href="x"y="z">x</a>',
  '<P>x</P>',
])('readStrictly refuses %s', (html) => {
  expect(() => readStrictly(`<!doctype html>${html}`)).toThrow()
})

describe('readMime', () => {
  const part = 'Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc'
  const mail = `A: b\r\n c\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\n${part}\r\n--x--\r\n`

  it('reads a mail', () => {
    const { headers, parts } = readMime(Buffer.from(mail))
    expect(headers[0]).toEqual(['A', 'b c'])
    expect(parts).toEqual([
      { headers: [['Content-Transfer-Encoding', 'quoted-printable']], body: 'a=3Db=\r\nc' },
    ])
  })

  it.each([
    ['half a line break', mail.replace('b=\r\n', 'b=\n')],
    ['a lone CR', mail.replace('A: b', 'A: b\rBcc: x')],
    ['a long line', mail.replace('A: b', `A: ${'b'.repeat(1000)}`)],
    ['a control character', mail.replace('A: b', 'A: \u0007')],
    ['a byte beyond ASCII', mail.replace('A: b', 'A: é')],
    ['no header', mail.replace('A: b', 'nonsense')],
    ['a preamble', mail.replace('--x\r\n', 'preamble\r\n--x\r\n')],
    ['an epilogue', `${mail}epilogue`],
    ['a stray =', mail.replace('=3D', '=zz')],
    ['a blank at the end of a line', mail.replace('b=\r\n', 'b \r\n')],
    ['another encoding', mail.replace('quoted-printable', 'binary')],
  ])('refuses %s', (_what, text) => {
    expect(() => readMime(Buffer.from(text))).toThrow()
  })
})

describe('readLetter', () => {
  const part = (encoding: string, body: string): MimeEntity => ({
    headers: [['Content-Transfer-Encoding', encoding]],
    body,
  })

  it('decodes what it says', () => {
    const subject = '=?UTF-8?Q?rails_=E2=86=92?= =?UTF-8?B?IOKGkg==?= and =3D'
    const parts = [part('quoted-printable', 'a=3Db=\r\nc\r\n=E2=80=A6'), part('base64', 'PHA+\r\nw6k=')]
    expect(readLetter({ headers: [['Subject', subject]], parts })).toEqual({
      subject: 'rails → → and =3D',
      text: 'a=bc\n…',
      html: '<p>é',
    })
    expect(readLetter({ headers: [['Subject', 'x']], parts: [part('7bit', 'a=3D\r\nb')] }).text).toBe(
      'a=3D\nb',
    )
  })

  it('refuses what is no UTF-8', () => {
    const headers: MimeEntity['headers'] = [['Subject', 'x']]
    expect(() => readLetter({ headers, parts: [part('quoted-printable', '=E2=80')] })).toThrow()
    expect(() => readLetter({ headers: [['Subject', '=?utf-8?Q?=FF?=']], parts: [] })).toThrow()
  })
})

describe('linkFaults', () => {
  const message = aMessage()
  const page = { label: 'Gem page', url: message.gemPage }
  const changelog = 'https://github.com/rails/rails/releases/tag/v8.1.3.1'
  const release = { facts: JSON.parse(payload('ruby')), message }

  it.each([
    [[]],
    [[page, page]],
    [[{ ...page, label: 'Click' }]],
    [[{ ...page, url: 'https://evil.example/' }]],
    [[{ label: 'Changelog', url: 'https://evil.example/' }, page]],
    [[{ label: 'Changelog', url: `${changelog}?x` }, page]],
    [[{ label: 'Compare', url: 'https://evil.example/a/b/compare/1...2' }, page]],
    [[page, { label: 'Changelog', url: changelog }]],
  ])('objects to %j', (links) => {
    expect(linkFaults([{ label: 'Changelog', url: changelog }, page], release)).toEqual([])
    expect(linkFaults(links, release)).not.toEqual([])
  })

  it.each(['javascript:alert(1)', 'https://a:b@e.example/', 'https://e.example/)x', 'https://e.example/?|x'])(
    'objects to %s, even when the payload asks for it',
    (url) => {
      const asked = { message, facts: { changelog_uri: url } }
      expect(linkFaults([{ label: 'Changelog', url }, page], asked)).not.toEqual([])
    },
  )
})

it('hiddenCharacters sees every fragment that cannot be seen', () => {
  expect(hiddenCharacters('a\nbé😀👩‍💻♻️אב')).toEqual([])
  const hidden = fragments.filter(
    (text) => /^[\p{C}\p{Z}\p{DI}]$/u.test(text) && ![' ', '\u200C', '\u200D', '\uFE0F'].includes(text),
  )
  expect(hidden.length).toBeGreaterThan(20)
  for (const character of hidden) expect(hiddenCharacters(character)).toEqual([character])
})
