import type { Response } from 'express'

/**
 * Sends the HTML part of an email as a page of its own, for a frame of ours. It was written from strangers' words: no script,
 * no picture and no form in it works, and no other site frames it.
 */
export function sendEmailHtml(res: Response, html: string): void {
  // A sandbox has no origin to be keyed by: browsers would complain.
  res.removeHeader('Origin-Agent-Cluster')
  res
    .set({
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; base-uri 'none'; form-action 'none'; sandbox; frame-ancestors 'self'",
      'X-Frame-Options': 'SAMEORIGIN',
      'Cache-Control': 'no-store',
    })
    .type('html')
    .send(html)
}
