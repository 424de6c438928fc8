import type { Response } from 'express'
import type { ComponentChildren } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { Frame } from './frame.js'
import type { Tone } from './parts/tone.js'
import { nowOn, sessionOn } from './session.js'

/** A room of the page: what the navigation leads to. */
export type Room = 'releases' | 'hooks' | 'dead' | 'inbox' | 'setup'

/** One page, without what all pages have. */
export interface Page {
  /** The page's name. The frame shows it as the only h1, so a body begins below that. */
  title: string
  /** Shown instead of `title` in the h1. */
  heading?: ComponentChildren
  /** Beside the heading: badges, buttons. */
  aside?: ComponentChildren
  /** What the navigation marks as here. */
  room: Room | null
  /** 200 unless told. */
  status?: number
  /** What just happened: it stands above the body. */
  notice?: PageNotice | null
  body: ComponentChildren
  /** An Atom feed of the same. */
  feed?: { href: string; title: string }
}

/** What just happened, and how it went. */
export interface PageNotice {
  tone: Tone
  text: string
}

/** Answers with a page, in the frame of the request's session when it has one. */
export function sendPage(res: Response, page: Page): void {
  const html = renderToStaticMarkup(<Frame page={page} session={sessionOn(res)} now={nowOn(res)} />)
  res
    .status(page.status ?? 200)
    .set(pageHeaders)
    .send(`<!DOCTYPE html>${html}`)
}

/** Headers of every page: nothing from elsewhere, nothing inline, nothing kept. */
export const pageHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Content-Type': 'text/html; charset=utf-8',
  // Without a referrer browsers send `Origin: null`, and sign-in could not tell its own form from a stranger's.
  'Referrer-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex',
}
