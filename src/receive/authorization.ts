import { createHash, timingSafeEqual } from 'node:crypto'

/** Why a webhook is not trusted. */
export type Refusal =
  | 'token'
  | 'ticket'
  | 'no_secrets'
  | 'missing'
  | 'length'
  | 'not_hex'
  | 'empty_secret'
  | 'wrong'

/** Says whether an `Authorization` header is RubyGems' proof for a name and a version number. */
export interface Verifier {
  /** How many secrets are configured. */
  secrets: number
  /** The refusal that needs no body to be told, or null when the header has the right form. */
  checkForm(header: string | undefined): Refusal | null
  /** The refusal, or null when some secret proves the header. Takes the same time for every header. */
  check(header: string, name: string, number: string): Refusal | null
}

const hexDigits = 64

/**
 * Verifies SHA-256(name + number + secret), hex. Every configured secret is tried as it stands and as its own SHA-256
 * hex, since RubyGems.org signs with either (protocol/rubygems-webhooks.md §10.1, §12.1). Blank secrets are left out.
 */
export function createVerifier(configured: readonly string[]): Verifier {
  const secrets = configured.map((secret) => secret.trim()).filter((secret) => secret !== '')
  const candidates = [...new Set(secrets.flatMap((secret) => [secret, sha256(secret).toString('hex')]))]

  const checkForm = (header: string | undefined): Refusal | null => {
    if (candidates.length === 0) return 'no_secrets'
    if (header === undefined || header === '') return 'missing'
    if (!/^[0-9A-Fa-f]+$/.test(header)) return 'not_hex'
    return header.length === hexDigits ? null : 'length'
  }

  const check = (header: string, name: string, number: string): Refusal | null => {
    const claimed = Buffer.from(header, 'hex')
    const empty = timingSafeEqual(claimed, sha256(name + number))
    let proven = false
    // No early exit: how long it takes must not tell which secret came near.
    for (const secret of candidates)
      proven = timingSafeEqual(claimed, sha256(name + number + secret)) || proven
    if (empty) return 'empty_secret'
    return proven ? null : 'wrong'
  }

  return { secrets: new Set(secrets).size, checkForm, check }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
