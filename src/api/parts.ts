import type { WebParts } from '../web/web-parts.js'

/** What the JSON API is built from: the same as the pages, since it can do what they can. */
export type ApiParts = Pick<
  WebParts,
  | 'ledger'
  | 'redeliveries'
  | 'desk'
  | 'fireLimit'
  | 'pace'
  | 'transport'
  | 'overview'
  | 'setup'
  | 'wake'
  | 'now'
  | 'log'
>
