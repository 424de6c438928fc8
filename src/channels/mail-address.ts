import { domainToASCII } from 'node:url'
import addressparser from 'nodemailer/lib/addressparser'

/** An address as nodemailer takes it without parsing it once more. */
export interface MailAddress {
  name: string
  address: string
}

// One address and nothing else: no list, no quotes, no angle brackets, no blanks, no control characters.
const address = /^[^\s\p{C}<>()[\],;:"\\@]+@([^\s\p{C}<>()[\],;:"\\@]+)$/u

/** Reads MAIL_FROM: `Name <a@b>` or `a@b`; null when it is not exactly one address. */
export function readSender(from: string): (MailAddress & { domain: string }) | null {
  const [sender, ...others] = addressparser(from, { flatten: true })
  const domain = domainToASCII(address.exec(sender?.address ?? '')?.[1] ?? '')
  if (!sender || others.length > 0 || domain === '' || /\p{Cc}/u.test(from)) return null
  return { name: sender.name, address: sender.address, domain }
}
