import express from 'express'
import fc from 'fast-check'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { afterEach, describe, expect, it } from 'vitest'
import { Frame } from '../../src/web/frame.js'
import { secureHeaders } from '../../src/web/secure-headers.js'
import { type Page, sendPage } from '../../src/web/send-page.js'
import { letIn, type Session, sessionIn } from '../../src/web/session.js'
import { testTime } from '../helpers/temp-ledger.js'
import { serve } from '../manage/stage.js'

const session: Session = {
  accountId: 1,
  account: 'team-a',
  keyId: 1,
  isOperator: false,
  csrf: 'a.b',
  hash: 'a',
}

let port: Awaited<ReturnType<typeof serve>> | undefined
afterEach(() => port?.close())

async function answer(page: Partial<Page>, of: Session | null = session) {
  const app = express().use(secureHeaders, (_req, res) => {
    if (of !== null) letIn(res, of, testTime)
    sendPage(res, { title: 'Hooks', room: 'hooks', body: <p>the body</p>, ...page })
  })
  port = await serve(app)
  const response = await fetch(`http://127.0.0.1:${port.number}/`)
  return { status: response.status, headers: response.headers, body: await response.text() }
}

describe('a page', () => {
  it('is HTML that nobody keeps, and that loads nothing from elsewhere and runs nothing inline', async () => {
    const { status, headers, body } = await answer({})
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    })
    expect(body.startsWith('<!DOCTYPE html><html lang="en">')).toBe(true)
    expect(body).not.toMatch(/ style=|<style|<script(?! src="\/assets)| on\w+="/)
  })

  it('has landmarks, one h1, a way past the navigation and a line for what the script says', async () => {
    const { body } = await answer({})
    for (const tag of ['header', 'nav', 'main', 'footer', 'h1', 'title'])
      expect(body.match(new RegExp(`<${tag}[ >]`, 'g')), tag).toHaveLength(1)
    expect(body).toContain('<h1>Hooks</h1>')
    expect(body).toContain('<title>Hooks - gemherald</title>')
    expect(body).toMatch(/<body[^>]*><a class="skip" href="#content">/)
    expect(body).toContain('<p id="say" class="say" role="status"></p>')
    expect(body).toContain('<p>the body</p></main>')
  })

  it('says where one is, and as whom', async () => {
    const { body } = await answer({})
    expect(body.match(/aria-current/g)).toHaveLength(1)
    expect(body).toMatch(/<a href="\/hooks"[^>]* aria-current="page">Hooks<\/a>/)
    expect(body).toContain('team-a')
    expect(body).toMatch(/action="\/sign-out"><input type="hidden" name="csrf" value="a\.b"\/>/)
    expect(body).toContain(`<body data-now="${testTime}" data-live-from="/live">`)
  })

  it('for nobody in particular has no navigation, no form and nothing live', async () => {
    const { body } = await answer({ room: null }, null)
    expect(body).not.toMatch(/<nav|<form|<dialog|data-live-from/)
  })

  it('has its own status, heading, notice and feed when it is told so', async () => {
    const { status, body } = await answer({
      status: 409,
      heading: <b>rails</b>,
      aside: <i>beside</i>,
      notice: { tone: 'bad', text: 'It is disabled.' },
      feed: { href: '/inbox/demo.atom?token=x&y', title: 'demo' },
    })
    expect(status).toBe(409)
    expect(body).toContain('<h1><b>rails</b></h1><div class="cluster" data-live="aside"><i>beside</i></div>')
    expect(body).toContain('<div class="notice bad" role="alert">It is disabled.</div>')
    expect(body).toContain(
      '<link rel="alternate" type="application/atom+xml" href="/inbox/demo.atom?token=x&amp;y" title="demo"/>',
    )
  })
})

it('hostile text stays text, wherever it stands', () => {
  const piece = fc.constantFrom(
    '<script>',
    '</title>',
    '">',
    "'",
    '<',
    '&',
    '</main>',
    '<!--',
    ']]>',
    '\u0000',
    'x',
  )
  const hostile = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const count = (html: string) => html.match(/<[a-z!/]/gi)?.length
  const shown = (text: string) =>
    renderToStaticMarkup(
      <Frame
        now={0}
        session={{ ...session, account: text, csrf: text }}
        page={{
          title: text,
          room: null,
          notice: { tone: 'info', text },
          body: text,
          feed: { href: text, title: text },
        }}
      />,
    )
  const expected = count(shown('plain'))
  fc.assert(
    fc.property(hostile, (text) => {
      expect(count(shown(text))).toBe(expected)
    }),
  )
})

it('a route that is not behind sign-in cannot ask for the session', async () => {
  const app = express().use((_req, res) => void res.send(sessionIn(res).account))
  port = await serve(app)
  expect((await fetch(`http://127.0.0.1:${port.number}/`)).status).toBe(500)
})
