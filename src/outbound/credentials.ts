import { fail, ok, type Result } from '../error.js'

/**
 * The `Authorization` value that a URL's userinfo stands for (Basic, RFC 7617, UTF-8), or null when it has none.
 * Userinfo that another parser could read as part of an address, or that Basic cannot carry, is `invalid`.
 */
export function readCredentials(url: URL): Result<string | null> {
  if (url.username === '' && url.password === '') return ok(null)
  const user = decode(url.username)
  const password = decode(url.password)
  if (user === null || password === null) {
    return fail(
      'invalid',
      'the user name or password in the URL is not percent-encoded UTF-8: encode it again',
    )
  }
  if (/[/\\\p{Cc}]/u.test(user + password) || user.includes(':')) {
    return fail(
      'invalid',
      'the user name or password in the URL contains a character that is not accepted there: leave out "/", "\\" and control characters, and ":" in the user name',
    )
  }
  return ok(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
