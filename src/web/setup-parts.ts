import type { Result } from '../error.js'
import type { NamedSecret } from '../receive/explain.js'
import type { SyncPlan } from '../upstream/plan.js'
import type { SyncReport } from '../upstream/sync.js'

/** What the page and the API tell of how this installation is set up, and what they can do at the upstream. */
export interface Setup {
  /** The URL to register at the upstream, its secret token included; null when the upstream cannot reach it: set PUBLIC_URL. */
  receiverUrl(): string | null
  /** Where the receiver is, whether the upstream can reach it there or not; its secret token included. */
  ownReceiverUrl(): string
  /** What incoming webhooks are verified with. Only the labels are ever shown. */
  secrets: NamedSecret[]
  /** Base URL of the upstream. */
  upstreamHost: string
  /** Whether hooks at the upstream can be managed: RUBYGEMS_API_KEY, or a key among the secrets. */
  hasClientKey: boolean
  /** Asks the upstream for its hooks, and plans how to bring them in step with those here. Fails with one sentence. */
  plan(): Promise<Result<SyncPlan>>
  /**
   * Plans anew and makes the changes; resolves when all are tried. `conflict` when a sync is under way already, `invalid` when
   * the upstream cannot reach the receiver.
   */
  apply(): Promise<Result<SyncReport>>
  /** The last sync that `apply` began since the start, or null. */
  lastSync(): Sync | null
  transport: 'in-process' | 'bullmq'
  /** Host and port of Redis; null without Redis. */
  redisHost: string | null
  /** Sender of emails, or null. */
  mailFrom: string | null
  /** The variables that email still lacks, or null when it can be sent. */
  missingMail: string | null
  /** gemherald's own. */
  version: string
  /** Of the library that the ledger is kept with. */
  sqliteVersion: string
  /** Absolute path. */
  dataDir: string
  /** How much of the disk the ledger takes, bytes; null when that cannot be told. */
  ledgerBytes(): number | null
  /** When the server started, ms since the epoch. */
  startedAt: number
}

/** A sync, under way or over. */
export interface Sync {
  /** ms since the epoch */
  startedAt: number
  /** How many changes are behind, of how many; 0 of 0 while the upstream is asked for its hooks. */
  behind: number
  all: number
  /** Null while it is under way. */
  result: Result<SyncReport> | null
}
