import type { EndpointRow } from '../../ledger/endpoints.js'
import { Action } from '../parts/action.js'
import { shortUrl } from './short-url.js'

interface SwitchEndpointProps {
  endpoint: EndpointRow
  csrf: string
  /** Where it leads back to. */
  back: string
}

/** Enables or disables an endpoint. */
export function SwitchEndpoint({ endpoint, csrf, back }: SwitchEndpointProps) {
  const { id, url, disabledAt } = endpoint
  if (disabledAt !== null)
    return (
      <Action
        to={`/endpoints/${id}/enable`}
        csrf={csrf}
        fields={{ back }}
        tone="info"
        label={`Enable ${shortUrl(url)}`}
      >
        Enable
      </Action>
    )
  return (
    <Action
      to={`/endpoints/${id}/disable`}
      csrf={csrf}
      fields={{ back }}
      ask={`Disable ${shortUrl(url)}? It is told nothing any more, and what still waits to be sent to it is cancelled.`}
      label={`Disable ${shortUrl(url)}`}
    >
      Disable
    </Action>
  )
}
