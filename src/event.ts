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
