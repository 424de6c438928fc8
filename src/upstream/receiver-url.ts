import { addressUrl } from '../address-url.js'

/** What the receiver's URL is made of. */
export interface ReceiverAddress {
  /** How the world reaches the server; null: where it listens. */
  publicUrl: string | null
  host: string
  port: number
  /** The last path segment that incoming webhooks must use: a secret. */
  receiverToken: string | null
}

/** The URL of our own receiver, as it is registered at the upstream. */
export function receiverUrl({ publicUrl, host, port, receiverToken }: ReceiverAddress): string {
  const base = publicUrl ?? addressUrl(host, port)
  return `${base}/webhooks/rubygems${receiverToken === null ? '' : `/${receiverToken}`}`
}
