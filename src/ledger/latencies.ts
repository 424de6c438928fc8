import { type Bucket, bucketOf, percentile } from '../latency.js'
import type { Database } from './open.js'

/** How long the deliveries of one day took that succeeded, from the receipt of the event to the end of the attempt. */
export interface LatencyOfDay {
  /** Days since the epoch, UTC: when they succeeded. */
  day: number
  count: number
  /** ms */
  p50: number
  /** ms */
  p95: number
}

/** How quickly an account is told. */
export interface Latencies {
  /** Each day from `sinceDay` (days since the epoch) on, days without any left out. */
  read(accountId: number, sinceDay: number): LatencyOfDay[]
}

/** Gathers the latencies of one commit. */
export interface LatencySheet {
  /** A delivery of the account succeeded at `at` (ms since the epoch), `ms` after its event was received. */
  add(accountId: number, at: number, ms: number): void
  /** Writes them; part of the commit that it is called in. */
  write(): void
}

const dayMs = 86_400_000

export function latenciesIn({ $client: client }: Database): Latencies {
  const all = client.prepare<[number, number], { day: number } & Bucket>(
    'SELECT day, bucket, count FROM latencies WHERE account_id = ? AND day >= ? ORDER BY day, bucket',
  )
  return {
    read(accountId, sinceDay) {
      const days = new Map<number, Bucket[]>()
      for (const { day, ...bucket } of all.all(accountId, sinceDay)) {
        const buckets = days.get(day)
        if (buckets === undefined) days.set(day, [bucket])
        else buckets.push(bucket)
      }
      return [...days].map(([day, buckets]) => ({
        day,
        count: buckets.reduce((sum, { count }) => sum + count, 0),
        p50: percentile(buckets, 0.5) ?? 0,
        p95: percentile(buckets, 0.95) ?? 0,
      }))
    },
  }
}

/** Makes sheets: one for each commit. */
export function latencySheets({ $client: client }: Database): () => LatencySheet {
  const add = client.prepare(
    `INSERT INTO latencies (account_id, day, bucket, count) VALUES (@accountId, @day, @bucket, @count)
     ON CONFLICT (account_id, day, bucket) DO UPDATE SET count = count + excluded.count`,
  )
  return () => {
    const rows = new Map<string, { accountId: number; day: number; bucket: number; count: number }>()
    return {
      add(accountId, at, ms) {
        const [day, bucket] = [Math.floor(at / dayMs), bucketOf(ms)]
        const key = `${accountId} ${day} ${bucket}`
        const row = rows.get(key)
        if (row === undefined) rows.set(key, { accountId, day, bucket, count: 1 })
        else row.count += 1
      },
      write() {
        for (const row of rows.values()) add.run(row)
      },
    }
  }
}
