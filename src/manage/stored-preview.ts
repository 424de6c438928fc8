import { type Preview, previewOf } from '../channels/preview.js'
import type { InboxMessage } from '../ledger/inbox.js'

/**
 * How the channels would send a message that an inbox keeps. The two headers that the account's API key makes are described
 * and not made, since nobody receives them. `mailFrom`: the sender of emails, or null.
 */
export function storedPreview(
  { name, deliveryId, message, createdAt }: InboxMessage,
  accountId: number,
  mailFrom: string | null,
): Preview {
  const preview = previewOf(
    {
      deliveryId: deliveryId ?? 0,
      attempt: 1,
      channel: 'inbox',
      url: `inbox:${name}`,
      accountId,
      message,
      apiKey: '',
      allow: [],
      unsubscribeUrl: null,
    },
    mailFrom,
    createdAt,
  )
  return { ...preview, webhook: { ...preview.webhook, headers: withoutKey(preview.webhook.headers) } }
}

const madeWithKey: Record<string, string> = {
  authorization: '(SHA-256 of name, version and your API key)',
  'webhook-signature': '(HMAC of id, time and body with your API key)',
}

function withoutKey(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, madeWithKey[name.toLowerCase()] ?? value]),
  )
}
