/** How many latencies fell into a class. */
export interface Bucket {
  bucket: number
  count: number
}

// Each class ends a quarter above where it begins: about a hundred of them reach from 1 ms to weeks.
const step = Math.log(1.25)

/** The class of a latency in ms: 0 for up to 1 ms. */
export function bucketOf(ms: number): number {
  return Math.floor(Math.log(Math.max(1, ms)) / step)
}

/** The latency that stands for a class, whole ms: its middle, so it is an eighth off at most. */
export function msOf(bucket: number): number {
  return Math.round(Math.exp((bucket + 0.5) * step))
}

/** The latency in ms that `share` (0 to 1) of all do not exceed, as exactly as classes tell; null when there are none. */
export function percentile(buckets: readonly Bucket[], share: number): number | null {
  const ascending = [...buckets].sort((one, other) => one.bucket - other.bucket)
  const wanted = share * ascending.reduce((sum, { count }) => sum + count, 0)
  let seen = 0
  for (const { bucket, count } of ascending) {
    seen += count
    if (count > 0 && seen >= wanted) return msOf(bucket)
  }
  return null
}
