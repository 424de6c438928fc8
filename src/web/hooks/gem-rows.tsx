import type { GemHooks, HookOfGem } from '../../ledger/hook-list.js'
import type { Ledger } from '../../ledger/ledger.js'
import { Badge } from '../parts/badge.js'
import { channelWords } from './channel-words.js'
import { FailureCount } from './failure-count.js'
import { GemName } from './gem-name.js'
import { HealthBadge } from './health-badge.js'
import { HookActions } from './hook-actions.js'
import { type HooksView, hrefOf } from './hooks-view.js'
import { shortUrl } from './short-url.js'

interface GemRowsProps {
  gems: readonly GemHooks[]
  csrf: string
  view: HooksView
  ledger: Pick<Ledger, 'endpointTroubles'>
}

/** Gems, each with the endpoints that are told about it. */
export function GemRows({ gems, csrf, view, ledger }: GemRowsProps) {
  return (
    <ul class="rows hook-list">
      {gems.map(({ gemName, hooks, more }) => (
        <li key={gemName}>
          <div class="hook-head">
            <a
              class="hook-url"
              href={gemName === '*' ? '/' : `/?${new URLSearchParams({ gem: gemName })}`}
              data-row
              title="Its releases"
            >
              <GemName name={gemName} />
            </a>
          </div>
          <ul class="hooks-of">
            {hooks.map((hook) => (
              <HookLine
                key={`${hook.endpoint.id} ${hook.url}`}
                gemName={gemName}
                hook={hook}
                csrf={csrf}
                back={hrefOf(view)}
                ledger={ledger}
              />
            ))}
            {more && (
              <li>
                <a href={hrefOf(view, { by: 'endpoint', gem: gemName, after: null })}>All its endpoints</a>
              </li>
            )}
          </ul>
        </li>
      ))}
    </ul>
  )
}

interface HookLineProps {
  gemName: string
  hook: HookOfGem
  csrf: string
  /** Where a change leads back to. */
  back: string
  ledger: GemRowsProps['ledger']
}

function HookLine({ gemName, hook: { url, failureCount, endpoint }, csrf, back, ledger }: HookLineProps) {
  return (
    <li data-key={`${endpoint.id} ${url}`}>
      <Badge tone="quiet">{channelWords[endpoint.channel]}</Badge>
      <a class="hook-url" href={`/endpoints/${endpoint.id}`}>
        {shortUrl(endpoint.url)}
      </a>
      <HealthBadge endpoint={endpoint} trouble={ledger.endpointTroubles.now(endpoint.id)} />
      <FailureCount count={failureCount} />
      <HookActions hook={{ gemName, url }} endpoint={endpoint} csrf={csrf} back={back} />
    </li>
  )
}
