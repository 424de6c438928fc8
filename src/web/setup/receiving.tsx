import type { ComponentChildren } from 'preact'
import { ownCommand } from '../../own-command.js'
import type { Overview } from '../../watch/overview.js'
import { Badge } from '../parts/badge.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { Moment } from '../parts/moment.js'
import { Panel } from '../parts/panel.js'
import type { Setup } from '../setup-parts.js'

interface ReceivingProps {
  setup: Setup
  overview: Overview
  now: number
}

/** The four things that bring webhooks here, each with what is still to do. */
export function Receiving({ setup, overview, now }: ReceivingProps) {
  const upstream = new URL(setup.upstreamHost).host
  const url = setup.receiverUrl()
  return (
    <Panel id="receiving" title="Receiving webhooks" live>
      <ol class="steps">
        <Step done={url !== null} title={`${upstream} can reach this server`}>
          {url === null ? (
            <Local url={setup.ownReceiverUrl()} upstream={upstream} />
          ) : (
            <>
              <p>The receiver's URL, which is to be registered there:</p>
              <Code text={url} label="The receiver's URL" />
            </>
          )}
        </Step>
        <Step done={setup.secrets.length > 0} title="Webhooks can be verified">
          <Secrets setup={setup} upstream={upstream} />
        </Step>
        <Step done={overview.upstreamHooks.length > 0} title={`${upstream} has hooks that lead here`}>
          <Registering setup={setup} overview={overview} upstream={upstream} url={url} />
        </Step>
        <Step done={overview.lastWebhook !== null} title="Webhooks arrive">
          <p>
            {overview.lastWebhook === null ? (
              `None has come yet. ${upstream} sends one when a gem is pushed or yanked.`
            ) : (
              <>
                The last one that told something new came <Moment at={overview.lastWebhook.at} now={now} />.
              </>
            )}
          </p>
        </Step>
      </ol>
    </Panel>
  )
}

/** A receiver that cannot be registered yet, and what makes it reachable. */
function Local({ url, upstream }: { url: string; upstream: string }) {
  const isLoopback = /^http:\/\/(?:127\.|localhost\b|\[::1\])/.test(url)
  return (
    <>
      <p>The receiver's URL is, as long as nothing else is set:</p>
      <Code text={url} label="The receiver's URL" />
      <p>
        {isLoopback ? 'Only this machine can reach it' : `${upstream} cannot reach it`}. Set{' '}
        <span class="mono">PUBLIC_URL</span> to how the world reaches this server, such as
        https://gems.example.com, and start it again: the URL to register begins with that.
      </p>
    </>
  )
}

function Step({ done, title, children }: { done: boolean; title: string; children: ComponentChildren }) {
  return (
    <li>
      <h3>
        {title} <Badge tone={done ? 'good' : 'warn'}>{done ? 'done' : 'to do'}</Badge>
      </h3>
      {children}
    </li>
  )
}

/** Labels only: no page ever shows a secret. */
function Secrets({ setup: { secrets }, upstream }: { setup: Setup; upstream: string }) {
  if (secrets.length === 0)
    return (
      <p>
        {upstream} signs webhooks with an API key of the account that registered the hook. Set{' '}
        <span class="mono">RUBYGEMS_API_KEYS</span> to the account's keys, with commas between them, and start
        this server again. Until then every webhook is refused.
      </p>
    )
  return (
    <p>
      These secrets are tried, each as it stands and as its SHA-256:{' '}
      {secrets.map(({ label }, at) => (
        <>
          {at > 0 && ', '}
          <span class="mono">{label}</span>
        </>
      ))}
      .
    </p>
  )
}

interface RegisteringProps extends Omit<ReceivingProps, 'now'> {
  upstream: string
  url: string | null
}

function Registering({ setup, overview, upstream, url }: RegisteringProps) {
  const count = overview.upstreamHooks.length
  return (
    <>
      <p>
        {count === 0
          ? 'None is known.'
          : `${count} ${count === 1 ? 'hook was' : 'hooks were'} there when ${upstream} was last asked.`}{' '}
        {setup.hasClientKey ? (
          <>
            <a href="/setup/sync">See what would be changed there</a> to bring them in step with the hooks
            here.
          </>
        ) : (
          <>
            Set <span class="mono">RUBYGEMS_API_KEY</span> to a key that may manage web hooks, and this page
            can register them.
          </>
        )}
      </p>
      <Details summary="Register them from a terminal">
        <Code text={`${ownCommand} upstream sync --apply`} language="sh" label="Command" />
        <p>Or one hook for every gem, by hand:</p>
        <Code
          text={[
            'curl -H "Authorization: $RUBYGEMS_API_KEY" \\',
            `  -d 'gem_name=*' -d 'url=${url ?? "THE RECEIVER'S URL"}' \\`,
            `  '${setup.upstreamHost}/api/v1/web_hooks'`,
          ].join('\n')}
          language="sh"
          label="Command"
        />
      </Details>
    </>
  )
}
