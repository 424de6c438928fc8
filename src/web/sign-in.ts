import { type Request, type RequestHandler, type Response, Router } from 'express'
import { noteUse } from '../manage/note-use.js'
import { ownCommand } from '../own-command.js'
import { hashKey } from '../secret.js'
import { field, readForm } from './form.js'
import { sendGoOn } from './go-on.js'
import { localPath } from './local-path.js'
import { isFromHere } from './same-site.js'
import { sessionOf } from './session.js'
import { giveCookie, newCookie, sessionCookies, sessionMs, takeCookie } from './session-cookie.js'
import { sendSignInPage } from './sign-in-page.js'
import { createSignInThrottle } from './sign-in-throttle.js'
import type { WebParts } from './web-parts.js'

/** What signing in is built from. */
type SignInParts = Pick<WebParts, 'ledger' | 'csrfSigner' | 'publicUrl' | 'now' | 'log'>

/** GET and POST /sign-in with an API key, and GET /sign-in/TOKEN with a one-time link. */
export function signInRouter(parts: SignInParts): Router {
  const { ledger, publicUrl, now, log } = parts

  /** Begins a session of the account that `accountOf` finds, in one commit with what that changes; whether it found one. */
  const begin = (
    req: Request,
    res: Response,
    keyId: number | null,
    accountOf: () => number | undefined,
  ): boolean => {
    const cookie = newCookie(publicUrl())
    const account = ledger.together(() => {
      const accountId = accountOf()
      if (accountId === undefined) return undefined
      for (const old of sessionCookies(req)) ledger.sessions.end(hashKey(old))
      ledger.sessions.sweep(now())
      const session = { hash: hashKey(cookie), accountId, keyId, expiresAt: now() + sessionMs }
      ledger.sessions.create(session, now())
      return accountId
    })
    if (account === undefined) return false
    giveCookie(res, cookie, publicUrl())
    log.info({ account }, keyId === null ? 'signed in with a link' : 'signed in with a key')
    return true
  }

  const router = Router()

  router.get('/sign-in', (req, res) => {
    const to = localPath(typeof req.query.to === 'string' ? req.query.to : null)
    if (sessionOf(req, parts) !== undefined) return res.redirect(303, to)
    const ended = sessionCookies(req).length > 0
    if (ended) takeCookie(res, publicUrl())
    return sendSignInPage(res, { to, notice: ended ? endedNotice : null })
  })

  const refuse = (req: Request, res: Response, status: number, text: string) =>
    sendSignInPage(res, { to: localPath(field(req, 'to')), status, notice: { tone: 'bad', text } })

  const signIn: RequestHandler = (req, res, next) => {
    if (!isFromHere(req, publicUrl())) return refuse(req, res, 403, elsewhere)
    const keyHash = hashKey(field(req, 'key') ?? '')
    const accountId = ledger.accounts.byKeyHash(keyHash, now())
    const keyId = ledger.accounts.find(keyHash)?.id
    if (accountId === undefined || keyId === undefined) return next()
    begin(req, res, keyId, () => accountId)
    noteUse(keyHash, now(), { accounts: ledger.accounts, log })
    return res.redirect(303, localPath(field(req, 'to')))
  }

  router.post('/sign-in', readForm, signIn, createSignInThrottle(), (req, res) =>
    refuse(req, res, 401, unknownKey),
  )

  // Nobody guesses 256 bits, so nobody is kept from trying.
  router.get('/sign-in/:token', (req, res) => {
    // Only a person's visit uses the link up, not a browser or a scanner that looks ahead.
    if (req.method === 'HEAD' || looksAhead(req)) return res.status(204).end()
    const useLink = () => ledger.sessions.useLink(hashKey(String(req.params.token)), now())
    if (begin(req, res, null, useLink)) return sendGoOn(res, '/', 'Signed in')
    if (sessionOf(req, parts) !== undefined) return res.redirect(303, '/')
    return sendSignInPage(res, { to: '/', status: 410, notice: { tone: 'bad', text: usedLink } })
  })

  return router
}

const endedNotice = {
  tone: 'info',
  text: 'Your session has ended: it lasts 12 hours, or as long as its API key is valid, or any key of its account if a link began it. Sign in again to go on.',
} as const
const elsewhere = 'This form came from another site. Sign in with the form on this page.'
const unknownKey =
  'No account has this API key, or it has expired or was revoked. Check it for missing letters.'
const usedLink = `This link was used, or has expired, or its account has no valid API key. Make a new one where the server runs: ${ownCommand} sign-in. Or use an API key.`

function looksAhead({ headers }: Request): boolean {
  return [headers['sec-purpose'], headers.purpose].some((purpose) => String(purpose).includes('prefetch'))
}
