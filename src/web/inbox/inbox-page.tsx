import { announce } from '../../channels/announcement.js'
import type { InboxMessage } from '../../ledger/inbox.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { Empty } from '../parts/empty.js'
import { Moment } from '../parts/moment.js'
import { Pager } from '../parts/pager.js'
import { Panel } from '../parts/panel.js'
import { inboxPath } from './inbox-path.js'
import { OriginBadge } from './origin-badge.js'
import { RegisterInbox } from './register-inbox.js'

interface InboxPageProps {
  name: string
  messages: readonly InboxMessage[]
  newest: string | null
  older: string | null
  /** Path of its feed, token included. */
  feed: string
  publicUrl: string
  csrf: string
  now: number
}

/** One inbox: its messages, newest first, its feed, and how to have messages sent there. */
export function InboxPage({ name, messages, newest, older, feed, publicUrl, csrf, now }: InboxPageProps) {
  return (
    <div class="stack">
      <div class="stack" data-live="messages">
        {messages.length === 0 ? (
          <Empty title="Nothing is kept here yet">
            <p>
              Messages come here once a hook leads to <span class="mono">inbox:{name}</span>: add one below,
              then press <strong>Test fire</strong> beside it.
            </p>
          </Empty>
        ) : (
          <ul class="rows">
            {messages.map((kept) => (
              <MessageLine key={kept.id} kept={kept} now={now} />
            ))}
          </ul>
        )}
        <Pager newest={newest} older={older} />
      </div>
      <Panel id="feed" title="Feed">
        <p>
          <a href={feed}>Atom feed of this inbox</a>. Its address holds a token: whoever has it can read the
          inbox, so give it to your feed reader only. The address ends with the API key that you signed in
          with, when that is revoked or expires; after a sign-in link it is the oldest key of your account.
        </p>
      </Panel>
      <Panel id="more-gems" title="Have more sent here">
        <RegisterInbox name={name} csrf={csrf} />
        <Details summary="The same from a terminal">
          <Code text={curlFor(name, publicUrl)} language="sh" label="Command" />
          <p class="muted">$GEMHERALD_API_KEY is an API key of your account.</p>
        </Details>
      </Panel>
    </div>
  )
}

function MessageLine({ kept, now }: { kept: InboxMessage; now: number }) {
  const { name, id, message, createdAt } = kept
  return (
    <li class="cluster">
      <a href={inboxPath(name, id)} data-row>
        {announce(message).title}
      </a>
      <OriginBadge kept={kept} />
      <span class="muted">
        <Moment at={createdAt} now={now} />
      </span>
    </li>
  )
}

function curlFor(name: string, publicUrl: string): string {
  return [
    'curl -H "Authorization: $GEMHERALD_API_KEY" \\',
    `  -d 'gem_name=*' -d 'url=inbox:${name}' \\`,
    `  '${publicUrl}/api/v1/web_hooks'`,
  ].join('\n')
}
