import type { InboxName } from '../../ledger/inbox.js'
import { Empty } from '../parts/empty.js'
import { Moment } from '../parts/moment.js'
import { NextPager } from '../parts/pager.js'
import { Panel } from '../parts/panel.js'
import { inboxPath } from './inbox-path.js'
import { RegisterInbox } from './register-inbox.js'

interface InboxesPageProps {
  inboxes: readonly InboxName[]
  isFirst: boolean
  /** The page after this one; null: there is none. */
  next: string | null
  csrf: string
  now: number
}

/** The inboxes of an account, by name. */
export function InboxesPage({ inboxes, isFirst, next, csrf, now }: InboxesPageProps) {
  const hasNone = inboxes.length === 0 && isFirst
  return (
    <div class="stack">
      {hasNone ? (
        <Empty title="No inbox yet" live="no-inboxes">
          <p>
            An inbox keeps messages here instead of sending them, and shows them as Slack, email and webhooks
            would. Have every release kept in one: press <strong>Add hook</strong>.
          </p>
        </Empty>
      ) : (
        <ul class="rows" data-live="inboxes">
          {inboxes.map(({ name, count, lastAt }) => (
            <li key={name} class="cluster">
              <a href={inboxPath(name)} data-row>
                {name}
              </a>
              <span class="muted">
                {count === 0 ? 'empty' : `${count} ${count === 1 ? 'message' : 'messages'}`}
                {lastAt !== null && (
                  <>
                    , the last one <Moment at={lastAt} now={now} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <NextPager first={isFirst ? null : '/inbox'} next={next} />
      <Panel id="add-inbox" title={hasNone ? 'The first inbox' : 'Another inbox'}>
        <RegisterInbox name={hasNone ? 'demo' : ''} csrf={csrf} />
        <p class="muted">Each keeps its last 500 messages. Only this account sees them.</p>
      </Panel>
    </div>
  )
}
