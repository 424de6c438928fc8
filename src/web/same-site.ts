import type { Request } from 'express'

/**
 * Whether a form came from a page of this server, as far as the browser says. What is no browser says nothing, and has
 * no cookie that it could be made to misuse.
 */
export function isFromHere({ headers }: Pick<Request, 'headers'>, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin, host } = headers
  // A proxy may have changed Host, and who opens 127.0.0.1 instead of PUBLIC_URL is welcome, too.
  return origin === undefined || origin === new URL(publicUrl).origin || hostOf(origin) === host
}

/** Whether a link on another site led here: the browser kept the session's cookie back then. */
export function isFromElsewhere({ headers }: Pick<Request, 'headers'>): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
