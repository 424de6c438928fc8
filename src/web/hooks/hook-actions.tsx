import type { EndpointRow } from '../../ledger/endpoints.js'
import { Action } from '../parts/action.js'
import { shortUrl } from './short-url.js'

interface HookActionsProps {
  hook: Pick<EndpointRow['hooks'][number], 'gemName' | 'url'>
  endpoint: Pick<EndpointRow, 'id' | 'channel' | 'lastSuccessAt'>
  csrf: string
  /** Where removing leads back to. */
  back: string
}

/** What can be done with one hook. */
export function HookActions({ hook: { gemName, url }, endpoint, csrf, back }: HookActionsProps) {
  const { id, channel } = endpoint
  const name = `${gemName} to ${shortUrl(url)}`
  return (
    <div class="cluster">
      <Action
        to="/hooks/fire"
        csrf={csrf}
        fields={{ gem: gemName, url, channel, endpoint: id }}
        tone={endpoint.lastSuccessAt === null ? 'info' : 'quiet'}
        label={`Test fire ${name}`}
      >
        Test fire
      </Action>
      <Action
        to="/hooks/remove"
        csrf={csrf}
        fields={{ gem: gemName, url, back }}
        ask={`Remove the hook for ${gemName === '*' ? 'all gems' : gemName} to ${shortUrl(url)}? What still waits to be sent for it alone is cancelled.`}
        label={`Remove ${name}`}
      >
        Remove
      </Action>
    </div>
  )
}
