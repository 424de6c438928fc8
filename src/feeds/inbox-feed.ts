import type { InboxMessage } from '../ledger/inbox.js'
import { releasePath } from '../web/releases/release-path.js'
import type { Entry, Feed } from './atom.js'
import { feedId } from './feed-id.js'
import { messageEntry } from './message-entry.js'
import type { FeedParts } from './parts.js'

const mostEntries = 50

/** The newest messages in an account's inbox; undefined when there is no such inbox. */
export function inboxFeed(accountId: number, name: string, parts: FeedParts): Feed | undefined {
  const { ledger, publicUrl } = parts
  if (!ledger.inbox.exists(accountId, name)) return undefined
  const page = `${publicUrl()}/inbox/${name}`
  return {
    id: feedId(ledger.installation, 'inbox', `${accountId}`, name),
    title: `Inbox ${name}`,
    self: `${page}.atom`,
    page,
    entries: ledger.inbox
      .list(accountId, name, { before: null, limit: mostEntries })
      .map((kept) => entryOf(kept, page, parts)),
  }
}

/** What was only test-fired need be no release here: then the message itself is shown. */
function entryOf({ id, message, createdAt }: InboxMessage, page: string, parts: FeedParts): Entry {
  const { origin, gemName, number } = message
  return messageEntry(message, {
    id: feedId(parts.ledger.installation, 'message', message.id),
    updated: createdAt,
    page: origin === 'event' ? `${parts.publicUrl()}${releasePath(gemName, number)}` : `${page}/${id}`,
  })
}
