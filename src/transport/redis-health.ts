import type { Redis } from 'ioredis'
import { within } from '../within.js'
import type { TransportHealth } from './transport.js'

const oldestVersion = [6, 2] as const

/**
 * What is wrong with Redis, asked with a limit of `limitMs`. `refusal` is why it took no jobs the last time, `trouble` what
 * the connection complained about last.
 */
export async function redisHealth(
  redis: Redis,
  limitMs: number,
  refusal: string | null,
  trouble: string | null,
): Promise<TransportHealth> {
  const info = await readInfo(redis, limitMs)
  const waiting = 'deliveries wait in the ledger meanwhile'
  if (refusal !== null) return { blocking: [`Redis takes no jobs (${refusal}): ${waiting}.`], warnings: [] }
  if (info === undefined) {
    const reason = trouble === null ? '' : ` (${trouble})`
    return { blocking: [`Redis is unreachable${reason}: ${waiting}.`], warnings: [] }
  }
  return { blocking: [], warnings: [...evictionWarning(info), ...versionWarning(info)] }
}

async function readInfo(redis: Redis, limitMs: number): Promise<Map<string, string> | undefined> {
  if (redis.status !== 'ready') return undefined
  try {
    const text = await within(limitMs, redis.info())
    if (text === undefined) return undefined
    return new Map(text.split('\r\n').map((line) => splitOnce(line)))
  } catch {
    // The connection reports its own errors; for health it is enough that there was no answer.
    return undefined
  }
}

function splitOnce(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1)]
}

function evictionWarning(info: Map<string, string>): string[] {
  const policy = info.get('maxmemory_policy')
  if (policy === undefined || policy === 'noeviction') return []
  return [`Redis evicts keys (maxmemory-policy ${policy}): set it to noeviction, or attempts are repeated.`]
}

function versionWarning(info: Map<string, string>): string[] {
  const version = info.get('redis_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldMajor, oldMinor] = oldestVersion
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return []
  return [`Redis ${version} is too old: gemherald needs ${oldestVersion.join('.')} or later.`]
}
