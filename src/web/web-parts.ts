import type { Logger } from 'pino'
import type { PaceNow } from '../dispatch/pace.js'
import type { Channel } from '../endpoint.js'
import type { Ledger } from '../ledger/ledger.js'
import type { FireLimit } from '../manage/fire-limit.js'
import type { HookDesk } from '../manage/hook-desk.js'
import type { Redeliveries } from '../redeliver/redeliveries.js'
import type { Signer } from '../secret.js'
import type { TransportHealth, WorkerSeen } from '../transport/transport.js'
import type { Overview } from '../watch/overview.js'
import type { Live } from './live.js'
import type { Setup } from './setup-parts.js'

/** What the pages are built from. */
export interface WebParts {
  ledger: Ledger
  redeliveries: Redeliveries
  desk: HookDesk
  /** Shared with the hook API. */
  fireLimit: FireLimit
  live: Pick<Live, 'connect'>
  /** How much an endpoint is given now. */
  pace(endpointId: number, channel: Channel): PaceNow
  transport: {
    health(): Promise<TransportHealth>
    /** Null: Redis cannot be asked. */
    workers(): Promise<WorkerSeen[] | null>
  }
  /** Throws when the ledger cannot be read. */
  overview(): Overview
  setup: Setup
  /** How the world reaches this server, without a slash at its end. */
  publicUrl(): string
  /** A gem's page at the upstream. */
  gemPage(gemName: string): string
  /** Made for the purpose `feed`. */
  feedSigner: Signer
  /** Made for the purpose `csrf`. */
  csrfSigner: Signer
  /** People changed something: there may be something to hand out, and open pages are to show it. */
  wake(): void
  /** ms since the epoch */
  now(): number
  log: Logger
}
