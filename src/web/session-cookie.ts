import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'

/** How long a session lasts, ms. */
export const sessionMs = 12 * 3_600_000

/**
 * A new session's cookie as `name=value`; the ledger is to know the session by the hash of it (`hashKey`). Over https the
 * name keeps other hosts of the domain from planting one.
 */
export function newCookie(publicUrl: string): string {
  return `${cookieName(publicUrl)}=${randomBytes(32).toString('base64url')}`
}

/** Gives the browser a cookie, whose session has begun. */
export function giveCookie(res: Response, cookie: string, publicUrl: string): void {
  res.append('Set-Cookie', `${cookie}; ${attributes(publicUrl)}; Max-Age=${sessionMs / 1000}`)
}

/** Takes the cookie away from the browser. */
export function takeCookie(res: Response, publicUrl: string): void {
  res.append('Set-Cookie', `${cookieName(publicUrl)}=; ${attributes(publicUrl)}; Max-Age=0`)
}

/**
 * The session cookies of a request as `name=value`. The name belongs to what is hashed: a session that was begun over
 * https is found under the name that only https can set.
 */
export function sessionCookies({ headers }: Pick<Request, 'headers'>): string[] {
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
  return cookies.filter((cookie) => sessionCookie.test(cookie)).slice(0, mostTried)
}

const mostTried = 4
const sessionCookie = /^(?:__Host-)?gemherald=[\w-]{43}$/

function cookieName(publicUrl: string): string {
  return isHttps(publicUrl) ? '__Host-gemherald' : 'gemherald'
}

function attributes(publicUrl: string): string {
  return `Path=/; HttpOnly; SameSite=Strict${isHttps(publicUrl) ? '; Secure' : ''}`
}

function isHttps(url: string): boolean {
  return url.startsWith('https:')
}
