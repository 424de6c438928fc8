import type { Job, Outcome } from '../delivery.js'
import type { CarriedChannel, Channel } from '../endpoint.js'

/** Makes one attempt and says how it went. Never rejects for trouble on the far side. */
export type MakeAttempt = (job: Job) => Promise<Outcome>

/** Writes outcomes to the ledger; resolves when they are on disk. Never rejects: it tries until it can. */
export type TakeOutcomes = (outcomes: Outcome[]) => Promise<void>

/** Carries jobs to workers and outcomes back. The ledger, not the transport, remembers what is owed. */
export interface Transport<Carried extends Channel = Channel> {
  /** How many jobs of each channel may be out at a time. */
  readonly capacity: Record<Carried, number>
  /** How long a job may be out before the ledger hands it out again, ms. */
  readonly leaseMs: number
  /** Whether jobs that were out when the process ended are certainly lost with it. */
  readonly losesWorkWithProcess: boolean
  /** Begins to bring outcomes to `take`. Resolves at once, whether the way is open or not. */
  start(take: TakeOutcomes): Promise<void>
  /**
   * Takes jobs over; false when the way is closed and none of them certainly was.
   * Carrying a job again that is still under way changes nothing.
   */
  carry(jobs: readonly Job[]): Promise<boolean>
  /** Takes jobs back that no worker has begun; the others go on. False when the way is closed. */
  withdraw(leases: readonly Pick<Job, 'deliveryId' | 'attempt' | 'channel'>[]): Promise<boolean>
  /**
   * Whether every outcome that workers had handed in a moment ago has been brought to `take`. Asked until it is true, it
   * makes carrying leases again safe that ended without an outcome: those that were still under way then are left alone.
   */
  settled(): Promise<boolean>
  /** What is wrong with the way, one sentence each. `blocking` ones stop deliveries. */
  health(): Promise<TransportHealth>
  /** The processes that make attempts, oldest first; null when Redis cannot be asked. */
  workers(): Promise<WorkerSeen[] | null>
  /** Stops taking and bringing; waits at most `graceMs` for attempts under way here. */
  stop(graceMs: number): Promise<void>
}

/** Carries what goes out of the house; what goes to inboxes stays with the server (src/transport/with-inbox.ts). */
export type Carrier = Transport<CarriedChannel>

/** A process that makes attempts. */
export interface WorkerSeen {
  /** Tells processes apart; another one after each start. */
  id: string
  host: string
  pid: number
  version: string
  channels: Channel[]
  /** ms since the epoch, by the worker's own clock */
  startedAt: number
  /** Since its last heartbeat, s, by Redis' clock; 0 without Redis. */
  secondsAgo: number
}

export interface TransportHealth {
  blocking: string[]
  warnings: string[]
}
