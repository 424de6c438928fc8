import type { WebParts } from '../web/web-parts.js'

/** What the feeds are built from. */
export type FeedParts = Pick<
  WebParts,
  'ledger' | 'publicUrl' | 'gemPage' | 'feedSigner' | 'csrfSigner' | 'now' | 'log'
>
