import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** Seals texts so that only holders of the installation's secret can read or make them (AES-256-GCM). */
export interface Seal {
  /** Base64 text; sealing the same text twice gives two different ones. */
  close(text: string): string
  /** The text, or undefined when it was not sealed with this secret for this purpose, or was altered. */
  open(sealed: string): string | undefined
}

const nonceBytes = 12
const tagBytes = 16

/** A seal for one purpose: what was sealed for another purpose does not open. */
export function createSeal(secret: string, purpose: string): Seal {
  const key = deriveKey(secret, purpose)
  return {
    close(text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < nonceBytes + tagBytes) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      try {
        return (
          decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
        )
      } catch {
        return undefined
      }
    },
  }
}

/** Marks texts so that only holders of the installation's secret can make the mark (HMAC-SHA-256). */
export interface Signer {
  /** The text and its mark, fit for a URL when the text is; the same each time. */
  sign(text: string): string
  /** The text, or undefined when the mark was not made with this secret for this purpose. */
  verify(signed: string): string | undefined
}

/** A signer for one purpose: what was signed for another purpose does not verify. */
export function createSigner(secret: string, purpose: string): Signer {
  const key = deriveKey(secret, purpose)
  const sign = (text: string) => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  return {
    sign,
    verify(signed) {
      const text = signed.slice(0, signed.lastIndexOf('.'))
      const [given, expected] = [Buffer.from(signed), Buffer.from(sign(text))]
      return given.length === expected.length && timingSafeEqual(given, expected) ? text : undefined
    },
  }
}

/** Tells secrets apart without telling them: 12 hex digits. */
export function fingerprintOf(secret: string): string {
  return createHash('sha256').update(deriveKey(secret, 'fingerprint')).digest('hex').slice(0, 12)
}

/** SHA-256 hex of an API key: what keys are looked up by. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** A new API key with 256 random bits. */
export function createKey(): string {
  return `gh_${randomBytes(32).toString('base64url')}`
}

function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'gemherald', purpose, 32))
}
