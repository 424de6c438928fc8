import type { Request } from 'express'
import { field } from '../form.js'
import { idIn } from '../id-in.js'

/** What a form asks to be fired. */
export interface FireRequest {
  gemName: string
  url: string
  channel: string | null
  /** `pushed` or `yanked`, as given; null: the truth. */
  kind: string | null
  /** The endpoint's page that it was asked for on, or that shows it; null: none. */
  endpointId: number | null
}

/** Reads the posted form; null when the gem or the address is missing. */
export function fireRequestIn(req: Request): FireRequest | null {
  const gemName = field(req, 'gem')
  const url = field(req, 'url')
  if (gemName === null || url === null) return null
  return {
    gemName,
    url,
    channel: field(req, 'channel'),
    kind: field(req, 'kind'),
    endpointId: idIn(field(req, 'endpoint')),
  }
}
