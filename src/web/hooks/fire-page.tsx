import { webLink } from '../../channels/links.js'
import type { Preview } from '../../channels/preview.js'
import { inboxOf } from '../../endpoint.js'
import type { EventKind } from '../../event.js'
import type { InboxMessage } from '../../ledger/inbox.js'
import type { Fired } from '../../manage/fire.js'
import { label, plain } from '../../plain-text.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import { pathWith } from '../path-with.js'
import { EmailPreview } from '../previews/email-preview.js'
import { headerLines } from '../previews/header-lines.js'
import { Previews } from '../previews/previews.js'
import { SlackPreview } from '../previews/slack-preview.js'
import { WebhookPreview } from '../previews/webhook-preview.js'
import { FarAnswer } from '../release/far-answer.js'
import type { Session } from '../session.js'
import { channelWords } from './channel-words.js'
import type { FireRequest } from './fire-request.js'
import { firedAbout } from './fired-about.js'
import { shortUrl } from './short-url.js'

interface FirePageProps {
  request: FireRequest
  fired: Fired
  preview: Preview
  /** What the inbox made of it; undefined unless it went to one. */
  kept: InboxMessage | undefined
  session: Session
  now: number
}

/** What a test fire sent, beside what the far side said. */
export function FirePage(props: FirePageProps) {
  const { request, fired } = props
  return (
    <div class="stack">
      <FireAgain {...props} />
      <div class="columns">
        <Release request={request} fired={fired} />
        <Delivery {...props} />
      </div>
      <Message {...props} />
      <p>
        {request.endpointId !== null && (
          <>
            <a href={`/endpoints/${request.endpointId}`}>The endpoint</a> ·{' '}
          </>
        )}
        <a href="/hooks">All hooks</a>
      </p>
    </div>
  )
}

function FireAgain({ request, fired: { job }, session: { csrf } }: FirePageProps) {
  const { gemName, url, channel, endpointId } = request
  const fields = {
    gem: gemName,
    url,
    ...(channel === null ? {} : { channel }),
    ...(endpointId === null ? {} : { endpoint: endpointId }),
  }
  const other = job.message.kind === 'yanked' ? 'pushed' : 'yanked'
  return (
    <div class="cluster">
      <Action
        to="/hooks/fire"
        csrf={csrf}
        fields={request.kind === null ? fields : { ...fields, kind: request.kind }}
      >
        Fire again
      </Action>
      <Action to="/hooks/fire" csrf={csrf} fields={{ ...fields, kind: other }}>
        {other === 'yanked' ? 'Fire as if yanked' : 'Fire as if released'}
      </Action>
    </div>
  )
}

const happenings: Record<EventKind, string> = { pushed: 'released', yanked: 'yanked', restored: 'restored' }

function Release({ request, fired: { job } }: Pick<FirePageProps, 'request' | 'fired'>) {
  const { gemName, number, kind, previous, gemPage } = job.message
  const page = webLink(gemPage)
  return (
    <Panel id="release" title="The release">
      <dl class="facts">
        <dt>Gem</dt>
        <dd>
          {page === null ? (
            label(gemName, 255)
          ) : (
            <a href={page} rel="noreferrer">
              {label(gemName, 255)}
            </a>
          )}
        </dd>
        <dt>Version</dt>
        <dd>
          {label(number, 255)} <Badge tone={kind === 'yanked' ? 'bad' : 'info'}>{happenings[kind]}</Badge>
        </dd>
        {previous !== null && (
          <>
            <dt>Before it</dt>
            <dd>{label(previous, 255)}</dd>
          </>
        )}
      </dl>
      <p class="muted">
        {firedAbout(request.gemName, job.message)} A test fire is not kept among the releases. Those that
        RubyGems.org tells of are.
      </p>
    </Panel>
  )
}

function Delivery({ request, fired: { job, attempt }, kept, now }: FirePageProps) {
  const { statusCode, durationMs, startedAt, error, headers, response } = attempt
  const inbox = inboxOf(job.url)
  return (
    <Panel id="delivery" title="The delivery">
      <dl class="facts">
        <dt>To</dt>
        <dd>
          <Badge tone="quiet">{channelWords[job.channel]}</Badge> {shortUrl(request.url)}
        </dd>
        <dt>Result</dt>
        <dd>
          {attempt.verdict === 'succeeded' ? (
            <Badge tone="good">delivered</Badge>
          ) : (
            <Badge tone="bad">not delivered</Badge>
          )}
        </dd>
        <dt>When</dt>
        <dd>
          <Moment at={startedAt} now={now} />, it took {durationMs} ms
        </dd>
        {statusCode !== null && (
          <>
            <dt>Answer</dt>
            <dd>{statusCode}</dd>
          </>
        )}
        {error !== null && (
          <>
            <dt>Error</dt>
            <dd>{plain(error, 2_000)}</dd>
          </>
        )}
      </dl>
      {inbox !== null && kept !== undefined && (
        <p>
          <a class="button primary" href={`/inbox/${inbox}/${kept.id}`}>
            Open it in the inbox {inbox}
          </a>
        </p>
      )}
      {headers !== null && (
        <Details summary="Headers of the answer">
          <Code text={headerLines(headers)} label="Headers of the answer" />
        </Details>
      )}
      {response !== null && <FarAnswer response={response} label="The answer" />}
    </Panel>
  )
}

function Message({ fired: { job }, preview, kept }: FirePageProps) {
  const { kind, gemName: gem } = job.message
  const htmlAt =
    kept === undefined
      ? pathWith('/preview/email.html', { gem, kind })
      : `/inbox/${kept.name}/${kept.id}/email.html`
  if (job.channel === 'inbox')
    return (
      <section class="stack" aria-labelledby="message">
        <h2 id="message">How Slack, email and webhooks show it</h2>
        <Previews preview={preview} htmlAt={htmlAt} />
      </section>
    )
  return (
    <section class="stack" aria-labelledby="message">
      <h2 id="message">The message, as it was sent</h2>
      {job.channel === 'slack' && <SlackPreview message={preview.slack} />}
      {job.channel === 'email' && <EmailPreview email={preview.email} htmlAt={htmlAt} />}
      {job.channel === 'webhook' && <WebhookPreview webhook={preview.webhook} />}
      <p>
        <a href={pathWith('/preview', { gem, kind })}>How the other channels show it</a>
      </p>
    </section>
  )
}
