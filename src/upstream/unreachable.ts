import { addressUrl } from '../address-url.js'
import { addressAllowed } from '../outbound/address.js'
import type { ReceiverAddress } from './receiver-url.js'

/**
 * Why the upstream at `upstreamHost`, a base URL, cannot deliver to our receiver; null when it may. Without PUBLIC_URL only
 * an upstream on this machine can, unless the server listens on an address of the public internet.
 */
export function whyUnreachable(
  { publicUrl, host, port }: Omit<ReceiverAddress, 'receiverToken'>,
  upstreamHost: string,
): string | null {
  const upstream = new URL(upstreamHost)
  if (publicUrl !== null || isThisMachine(upstream.hostname) || addressAllowed(host, { ranges: [] }))
    return null
  return `${upstream.host} will refuse to deliver to ${addressUrl(host, port)}: set PUBLIC_URL to how the world reaches this server.`
}

function isThisMachine(hostname: string): boolean {
  return /^(.*\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname)
}
