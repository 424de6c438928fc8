import type { InboxMessage } from '../../ledger/inbox.js'
import { Badge } from '../parts/badge.js'

/** Whether a message tells of something that happened, or somebody fired it by hand. */
export function OriginBadge({ kept: { message } }: { kept: InboxMessage }) {
  if (message.origin === 'event') return <Badge tone={message.kind === 'yanked' ? 'bad' : 'good'}>real</Badge>
  return <Badge tone="quiet">test</Badge>
}
