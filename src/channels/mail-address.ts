import { domainToASCII } from 'node:url'
import addressparser from 'nodemailer/lib/addressparser'

/** An address as nodemailer takes it without parsing it once more. */
export interface MailAddress {
  name: string
  address: string
}

// One address and nothing else: no list, no quotes, no angle brackets, no blanks, no control characters.
const address = /^[^\s\p{C}<>()[\],;:"\\@]+@([^\s\p{C}<>()[\],;:"\\@]+)$/u

/** Who emails come from. */
export interface Sender extends MailAddress {
  /** The address' domain, in ASCII. */
  domain: string
}

/** Reads MAIL_FROM: `Name <a@b>` or `a@b`; null when it is not exactly one address. */
export function readSender(from: string): Sender | null {
  const [sender, ...others] = addressparser(from, { flatten: true })
  const domain = domainToASCII(address.exec(sender?.address ?? '')?.[1] ?? '')
  if (!sender || others.length > 0 || domain === '' || /\p{Cc}/u.test(from)) return null
  return { name: sender.name, address: sender.address, domain }
}
