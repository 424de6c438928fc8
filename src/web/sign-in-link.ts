import { randomBytes } from 'node:crypto'
import type { Ledger } from '../ledger/ledger.js'
import { hashKey } from '../secret.js'

/** How long a one-time link can be used, ms. */
export const linkMs = 3_600_000

/** Makes a one-time link for an account; its token, which the ledger knows only by its hash. */
export function createSignInLink(
  { ledger: { sessions }, now }: { ledger: Pick<Ledger, 'sessions'>; now(): number },
  accountId: number,
): string {
  const token = randomBytes(32).toString('base64url')
  sessions.sweep(now())
  sessions.addLink({ hash: hashKey(token), accountId, expiresAt: now() + linkMs })
  return token
}

/** Where a one-time link leads. */
export function signInUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/sign-in/${token}`
}
