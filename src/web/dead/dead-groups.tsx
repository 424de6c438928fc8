import type { DeadOfEndpoint } from '../../ledger/delivery-list.js'
import type { EndpointRow } from '../../ledger/endpoints.js'
import type { Ledger } from '../../ledger/ledger.js'
import { plain } from '../../plain-text.js'
import { channelWords } from '../hooks/channel-words.js'
import { shortUrl } from '../hooks/short-url.js'
import { Action } from '../parts/action.js'
import { Badge } from '../parts/badge.js'
import { Moment } from '../parts/moment.js'
import { countText } from '../releases/delivery-bar.js'
import { deadHref } from './dead-view.js'

interface DeadGroupsProps {
  groups: readonly DeadOfEndpoint[]
  /** Nothing is dead at all. */
  hidden: boolean
  /** Of the pages beside this one; null where there is none. */
  first: string | null
  next: string | null
  accountId: number
  csrf: string
  ledger: Pick<Ledger, 'endpoints'>
  now: number
}

/** The endpoints with dead letters: how many, since when nothing gets through, and a way to send them all again. */
export function DeadGroups({ groups, hidden, first, next, accountId, csrf, ledger, now }: DeadGroupsProps) {
  return (
    <section class="stack" aria-labelledby="by-endpoint" data-live="dead-groups" hidden={hidden}>
      <h2 id="by-endpoint">By endpoint</h2>
      <ul class="rows dead-groups">
        {groups.map((group) => (
          <Group
            key={group.endpointId}
            group={group}
            endpoint={ledger.endpoints.find(accountId, group.endpointId)}
            csrf={csrf}
            now={now}
          />
        ))}
      </ul>
      {groups.length === 0 && <p class="muted">There are no more.</p>}
      {(first !== null || next !== null) && (
        <nav class="pager" aria-label="Endpoints">
          {first === null ? <span /> : <a href={first}>First endpoints</a>}
          {next !== null && <a href={next}>More endpoints</a>}
        </nav>
      )}
    </section>
  )
}

interface GroupProps {
  group: DeadOfEndpoint
  endpoint: EndpointRow | undefined
  csrf: string
  now: number
}

function Group({ group, endpoint, csrf, now }: GroupProps) {
  const { endpointId, url, channel, dead } = group
  return (
    <li class="dead-group">
      <span class="dead-group-name">
        <strong>{countText(dead)}</strong>{' '}
        <a class="mono" href={deadHref({ endpointId }, null)}>
          <bdi>{plain(shortUrl(url), 255)}</bdi>
        </a>{' '}
        <span class="muted">{channelWords[channel]}</span>
      </span>
      <span class="muted">{endpoint !== undefined && <LastSuccess endpoint={endpoint} now={now} />}</span>
      <GroupAction group={group} isHooked={endpoint === undefined || endpoint.hooks.length > 0} csrf={csrf} />
    </li>
  )
}

/** Since when nothing gets through. */
function LastSuccess({ endpoint, now }: { endpoint: EndpointRow; now: number }) {
  const { lastSuccessAt, createdAt } = endpoint
  return lastSuccessAt === null ? (
    <>
      no success since it was added <Moment at={createdAt} now={now} />
    </>
  ) : (
    <>
      last success <Moment at={lastSuccessAt} now={now} />
    </>
  )
}

interface GroupActionProps {
  group: DeadOfEndpoint
  /** Whether any hook leads to the endpoint. */
  isHooked: boolean
  csrf: string
}

function GroupAction({ group, isHooked, csrf }: GroupActionProps) {
  const { endpointId, url, dead, disabledReason } = group
  if (disabledReason !== null)
    return (
      <span class="cluster">
        <span title={plain(disabledReason, 300)}>
          <Badge tone="bad">disabled</Badge>
        </span>
        <a href={`/endpoints/${endpointId}`}>Enable it first</a>
      </span>
    )
  if (!isHooked) return <a href="/hooks">No hook leads here: add it first</a>
  return (
    <Action
      to="/dead/redeliver"
      csrf={csrf}
      fields={{ endpoint: endpointId }}
      ask={`Redeliver all ${countText(dead)} dead letters of ${plain(shortUrl(url), 255)}?`}
      label={`Redeliver all to ${plain(shortUrl(url), 255)}`}
    >
      Redeliver all
    </Action>
  )
}
