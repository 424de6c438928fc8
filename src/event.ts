/** Something that happened to a release. */
export type EventKind = 'pushed' | 'yanked' | 'restored'

/** What the ledger knows of a release before an arrival. */
export type KnownState = 'unknown' | 'live' | 'yanked'

/**
 * Turns an arrival into an event (protocol/rubygems-webhooks.md §12.7).
 * `duplicate` means that nothing changed and nothing is sent.
 */
export function classify(known: KnownState, yanked: boolean): EventKind | 'duplicate' {
  if (known === 'unknown') return yanked ? 'yanked' : 'pushed'
  if (known === 'live') return yanked ? 'yanked' : 'duplicate'
  return yanked ? 'duplicate' : 'restored'
}

/** How an event became known: RubyGems.org's webhook, or looking at the upstream for what webhooks did not tell. */
export type Source = 'webhook' | 'catch-up'

/**
 * What the upstream said of an event's claim. `unconfirmed`: it could not be asked in time. `refuted`: it says otherwise,
 * so nobody is told. `redundant`: by the time that it was checked it was nothing new, so nobody is told twice.
 */
export type Confirmation = 'confirmed' | 'unconfirmed' | 'refuted' | 'redundant'
