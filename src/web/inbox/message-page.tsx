import type { Preview } from '../../channels/preview.js'
import type { InboxMessage } from '../../ledger/inbox.js'
import { label } from '../../plain-text.js'
import { Moment } from '../parts/moment.js'
import { Previews } from '../previews/previews.js'
import { releasePath } from '../releases/release-path.js'
import { inboxPath } from './inbox-path.js'
import { OriginBadge } from './origin-badge.js'

interface MessagePageProps {
  kept: InboxMessage
  preview: Preview
  now: number
}

/** A message as the three channels send it. */
export function MessagePage({ kept, preview, now }: MessagePageProps) {
  const { name, id, deliveryId, message, createdAt } = kept
  const { gemName, number } = message
  return (
    <div class="stack">
      <p class="cluster">
        <OriginBadge kept={kept} />
        <span>
          Kept in <a href={inboxPath(name)}>inbox {name}</a> <Moment at={createdAt} now={now} />
        </span>
        {deliveryId !== null && (
          <a href={releasePath(gemName, number)}>
            The release {label(gemName, 100)} {label(number, 60)}
          </a>
        )}
      </p>
      <Previews preview={preview} htmlAt={`${inboxPath(name, id)}/email.html`} />
    </div>
  )
}
