import type { Logger } from 'pino'
import type { Channels } from '../channels/channels.js'
import type { Ledger } from '../ledger/ledger.js'
import type { AllowList } from '../outbound/address.js'
import type { Lookup } from '../outbound/lookup.js'
import type { Rubygems } from '../rubygems/client.js'
import type { FireLimit } from './fire-limit.js'

/** What the hook API is built from. */
export interface ManageParts {
  ledger: Pick<Ledger, 'hooks' | 'releases' | 'accounts' | 'events' | 'installation'>
  /** Makes the one attempt of a `fire`. */
  channels: Pick<Channels, 'attempt'>
  /** Asks the upstream about gems. */
  rubygems: Pick<Rubygems, 'gem'>
  /** What outbound requests may reach besides the public internet: hooks elsewhere are refused. */
  allow: AllowList
  /** Resolves the hosts of hooks; the system's resolver unless told. */
  lookup?: Lookup
  /** A gem's page at the upstream. */
  gemPage(gemName: string): string
  /** The variables that email lacks, such as `SMTP_URL and MAIL_FROM`; null when emails can be sent. */
  missingMail: string | null
  /** How often each key may fire, shared by all ways to do it. */
  fireLimit: FireLimit
  /** The API key that signs an account's outgoing webhooks. */
  signingKey(accountId: number): string
  /** Called when hooks were registered or removed. */
  changed(): void
  /** ms since the epoch */
  now(): number
  log: Logger
}

/** A request about one hook, its parameters read and its gem found. */
export interface HookCall {
  accountId: number
  /** A gem's name, or `*`. */
  gemName: string
  url: string
  /** The channel asked for, as given; null when none was. */
  channel: string | null
}
