import type { WebParts } from '../web-parts.js'
import { inboxPath } from './inbox-path.js'

/**
 * The address of an inbox's Atom feed, with what lets a feed reader in: whoever has it can read that inbox of the key's
 * account, as long as the key is valid.
 */
export function feedPath({ feedSigner }: Pick<WebParts, 'feedSigner'>, keyId: number, name: string): string {
  return `${inboxPath(name)}.atom?token=${encodeURIComponent(feedSigner.sign(`key/${keyId}/${name}`))}`
}

/** What a token of such an address stands for; undefined when it was not made here. */
export function readFeedToken(
  token: string,
  { feedSigner }: Pick<WebParts, 'feedSigner'>,
): { keyId: number; name: string } | undefined {
  const [, keyId, name] = /^key\/(\d+)\/([^/]+)$/.exec(feedSigner.verify(token) ?? '') ?? []
  return name === undefined ? undefined : { keyId: Number(keyId), name }
}
