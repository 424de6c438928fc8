import { Details } from '../parts/details.js'
import { Empty } from '../parts/empty.js'
import { NextPager } from '../parts/pager.js'
import { Panel } from '../parts/panel.js'
import type { Session } from '../session.js'
import type { WebParts } from '../web-parts.js'
import { AddHook, type HookValues } from './add-hook.js'
import { EndpointRows } from './endpoint-rows.js'
import { GemRows } from './gem-rows.js'
import type { HookListing } from './hook-listing.js'
import { type HooksView, hrefOf } from './hooks-view.js'

/** What was posted and could not be done, to be mended. */
export interface RefusedHook extends HookValues {
  /** Where such a hook leads already; null: it does not. */
  endpointId: number | null
}

interface HooksPageProps {
  view: HooksView
  listing: HookListing
  /** Null: nothing was refused. */
  refused: RefusedHook | null
  session: Session
  parts: Pick<WebParts, 'ledger' | 'pace' | 'now' | 'setup'>
}

/** All hooks of an account, and the form for another one. */
export function HooksPage(props: HooksPageProps) {
  const { view, listing } = props
  if (isEmpty(listing) && isWhole(view)) return <FirstHook {...props} />
  return (
    <div class="stack">
      <AnotherHook {...props} />
      <Toolbar view={view} />
      <div class="stack" data-live="hooks">
        <Listing {...props} />
        <NextPager
          first={view.after === null ? null : hrefOf(view, { after: null })}
          next={listing.next && hrefOf(view, { after: listing.next })}
        />
      </div>
      <p class="muted">
        <a href="/preview">How messages look</a> in Slack, in a mail and as a webhook.
      </p>
    </div>
  )
}

/** Nothing more is needed for the first look: an inbox needs neither Slack nor a mail server. */
function FirstHook({ refused, session: { csrf }, parts: { setup } }: HooksPageProps) {
  const values = refused ?? { gemName: '*', url: 'inbox:demo', channel: null }
  return (
    <div class="stack">
      <Empty title="No hooks yet" live="no-hooks">
        <p>
          A hook says which address is told about which gem. Begin with the inbox that is built in: it needs
          neither Slack nor a mail server.
        </p>
        <ol>
          <li>
            Press <strong>Add hook</strong>: every release is then kept in the inbox <em>demo</em>.
          </li>
          <li>
            Press <strong>Test fire</strong> beside the new hook: you see the release, its delivery, and how
            Slack, email and webhooks show it.
          </li>
        </ol>
      </Empty>
      <Panel id="add-hook" title="Add a hook">
        <AddHook values={values} csrf={csrf} missingMail={setup.missingMail} />
      </Panel>
    </div>
  )
}

function AnotherHook({ refused, session: { csrf }, parts: { setup } }: HooksPageProps) {
  const form = (
    <AddHook
      values={refused ?? { gemName: '', url: '', channel: null }}
      csrf={csrf}
      missingMail={setup.missingMail}
    />
  )
  return (
    <section class="panel slim" aria-label="Add a hook">
      {refused === null ? (
        <Details summary="Add a hook">{form}</Details>
      ) : (
        <div class="stack">
          {refused.endpointId !== null && (
            <p>
              <a href={`/endpoints/${refused.endpointId}`}>See the hook that is there, and how it fares</a>
            </p>
          )}
          {form}
        </div>
      )}
    </section>
  )
}

function Toolbar({ view }: { view: HooksView }) {
  return (
    <div class="toolbar hook-toolbar">
      <nav class="tabs" aria-label="Order" data-live="hook-tabs">
        <Tab href={hrefOf(view, { by: 'endpoint', after: null })} here={view.by === 'endpoint'}>
          By endpoint
        </Tab>
        <Tab href={hrefOf(view, { by: 'gem', after: null })} here={view.by === 'gem'}>
          By gem
        </Tab>
      </nav>
      <search>
        <form class="search-line" method="get" action="/hooks" data-search>
          {view.by === 'gem' && <input type="hidden" name="by" value="gem" />}
          {view.gem !== null && <input type="hidden" name="gem" value={view.gem} />}
          <label class="visually-hidden" for="search">
            Search hooks
          </label>
          <input
            id="search"
            type="search"
            name="search"
            value={view.search ?? ''}
            placeholder="Gem or address"
            autoComplete="off"
            spellcheck={false}
          />
          <button class="button" type="submit">
            Search
          </button>
        </form>
      </search>
      {view.gem !== null && (
        <span>
          Only hooks on <span class="mono">{view.gem}</span>.{' '}
          <a href={hrefOf(view, { gem: null, after: null })}>Show all</a>
        </span>
      )}
    </div>
  )
}

function Tab({ href, here, children }: { href: string; here: boolean; children: string }) {
  return (
    <a href={href} aria-current={here ? 'page' : undefined}>
      {children}
    </a>
  )
}

function Listing({ view, listing, session: { csrf }, parts }: HooksPageProps) {
  if (isEmpty(listing))
    return (
      <Empty title="No hook is like that">
        <p>
          <a href={hrefOf(view, { gem: null, search: null, after: null })}>Show all hooks</a>
        </p>
      </Empty>
    )
  return listing.by === 'gem' ? (
    <GemRows gems={listing.gems} csrf={csrf} view={view} ledger={parts.ledger} />
  ) : (
    <EndpointRows endpoints={listing.endpoints} csrf={csrf} back={hrefOf(view)} parts={parts} />
  )
}

function isEmpty(listing: HookListing): boolean {
  return (listing.by === 'gem' ? listing.gems : listing.endpoints).length === 0
}

function isWhole({ gem, search, after }: HooksView): boolean {
  return gem === null && search === null && after === null
}
