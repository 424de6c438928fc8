import { domainToASCII } from 'node:url'
import addressparser from 'nodemailer/lib/addressparser'

/** An address as nodemailer takes it without parsing it once more. */
export interface MailAddress {
  name: string
  address: string
}

// One address and nothing else: no list, no quotes, no angle brackets, no blanks, no control characters.
const address = /^[^\s\p{C}<>()[\],;:"\\@]+@([^\s\p{C}<>()[\],;:"\\@]+)$/u

/** Reads MAIL_FROM: `Name <a@b>` or `a@b`. Throws when it is not exactly one address. */
export function readSender(from: string): MailAddress & { domain: string } {
  const [sender, ...others] = addressparser(from, { flatten: true })
  const domain = domainToASCII(address.exec(sender?.address ?? '')?.[1] ?? '')
  if (!sender || others.length > 0 || domain === '') {
    throw new Error(
      `MAIL_FROM is ${JSON.stringify(from)}; it must be one address like "Gems <gems@example.com>".`,
    )
  }
  return { name: sender.name, address: sender.address, domain }
}

/** The recipient of a `mailto:` URL, percent-decoded and without its parameters; null when it is not one address. */
export function readRecipient(url: string): MailAddress | null {
  const encoded = /^mailto:([^?#]*)/i.exec(url)?.[1] ?? ''
  const recipient = decode(encoded)
  return recipient.length <= 254 && address.test(recipient) ? { name: '', address: recipient } : null
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    // A stray percent sign: no address that anybody meant.
    return ''
  }
}
