import { Redis } from 'ioredis'
import type { Job, Outcome } from '../delivery.js'
import type { CarriedChannel } from '../endpoint.js'
import type { Seal } from '../secret.js'
import type { RedisReport } from './redis-report.js'

// What server and workers agree on about Redis: names, forms, and how long a worker may be silent.

/** Prefix of every key of one secret's: installations with different secrets do not see each other's jobs. */
export const keyPrefix = (fingerprint: string): string => `gemherald-${fingerprint}`

export const jobQueue = (channel: CarriedChannel): string => `jobs-${channel}`
export const outcomeQueue = (installation: string): string => `outcomes-${installation}`

/** A set with the fingerprints of all servers' secrets, so that a worker with none of them can say so at once. */
export const fingerprintsKey = 'gemherald:fingerprints'

/** A worker that has not been heard of for this long has lost its job to another one, ms. */
export const lockMs = 10_000
export const stalledCheckMs = 5_000

/** All that lies in Redis of a job or of a batch of outcomes: nothing readable. */
export interface Sealed {
  sealed: string
}

export interface JobEnvelope {
  installation: string
  job: Job
}

export interface OutcomeEnvelope {
  installation: string
  outcomes: Outcome[]
}

/** Purpose of the seal that jobs and outcomes travel under. */
export const sealPurpose = 'transport'

export function seal(by: Seal, envelope: JobEnvelope | OutcomeEnvelope): Sealed {
  return { sealed: by.close(JSON.stringify(envelope)) }
}

/** What was sealed, or undefined when it was sealed with another secret. */
export function unseal<T extends JobEnvelope | OutcomeEnvelope>(by: Seal, data: Sealed): T | undefined {
  const text = by.open(data.sealed)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

/** Id of a job: giving the same attempt to the queue twice changes nothing while it is there. */
export function jobId(installation: string, deliveryId: number, attempt: number): string {
  return `${installation}-${deliveryId}-${attempt}`
}

/** A connection that gives up at once while Redis is away: for those who have something better to do than to wait. */
export function connectImpatiently(url: string): Redis {
  return new Redis(url, { ...reconnecting, maxRetriesPerRequest: 1, enableOfflineQueue: false })
}

/** A connection whose commands wait until Redis is back: for those who can do nothing without it. */
export function connectPatiently(url: string): Redis {
  return new Redis(url, { ...reconnecting, maxRetriesPerRequest: null })
}

const usableCheckMs = 5_000

/**
 * Calls `begin` as soon as Redis is there and lets this user in. BullMQ's workers must not begin before: where Redis
 * refuses them the commands that they start with, they try again without a pause. Gives up when the connection is ended.
 */
export async function whenUsable(connection: Redis, report: RedisReport, begin: () => void): Promise<void> {
  while (connection.status !== 'end') {
    try {
      await connection.info('server')
      return begin()
    } catch (error) {
      report.broken(error)
      await new Promise((resolve) => setTimeout(resolve, usableCheckMs).unref())
    }
  }
}

const reconnecting = {
  connectTimeout: 5_000,
  retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2_000),
}
