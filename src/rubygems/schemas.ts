import { z } from 'zod'
import { isGemName, type Payload } from '../payload.js'
import { isVersion } from '../version.js'
import { createdAtOf, isPlatform } from './names.js'

/**
 * A release as the upstream shows it: fit to be taken for a webhook's payload. `facts` are all its keys as they came,
 * so 24 of a gem, 34 of a version (protocol/rubygems-api.md §4), 20 of a search hit.
 */
export interface UpstreamRelease extends Payload {
  /** SHA-256 hex of the .gem file, as the upstream has it. */
  sha: string | null
  /** ms since the epoch */
  createdAt: number | null
}

/** One of a gem's versions (16 keys, protocol/rubygems-api.md §4); yanked ones are not shown. */
export interface UpstreamVersion {
  number: string
  platform: string
  prerelease: boolean
  sha: string | null
  /** ms since the epoch */
  createdAt: number | null
  facts: Record<string, unknown>
}

/** A list of releases. One bad row does not hide the others. */
export interface ReleaseRows {
  releases: UpstreamRelease[]
  /** The gem of each row that cannot be read; null where not even that can be. */
  unreadable: (string | null)[]
}

/** A hook as the upstream lists it. */
export interface UpstreamHook {
  /** `*` stands for all gems. */
  gemName: string
  url: string
  /** Failed deliveries since it was created; a success does not lower it. */
  failureCount: number
}

/** A user, as far as the upstream shows one. */
export interface UpstreamUser {
  id: number | null
  handle: string | null
  email: string | null
}

/** An owner of a gem; `role` is `owner` or `maintainer`, where the upstream knows roles. */
export interface UpstreamOwner extends UpstreamUser {
  role: string | null
}

// Keys that nothing depends on become null when they are of a strange type; the few that matter must be right.
const text = z.string().nullish().catch(null)
const count = z.number().nullish().catch(null)
const gemName = z.string().refine(isGemName, { error: 'not the name of a gem' })
const number = z.string().max(255).refine(isVersion, { error: 'not a version number' })
const platform = z
  .string()
  .refine((value) => value === '' || isPlatform(value), { error: 'not a platform' })
  .nullish()

/** A gem, a gem with version, or a search hit. */
export const release: z.ZodType<UpstreamRelease> = z
  .looseObject({
    name: gemName,
    version: number,
    platform,
    yanked: z.boolean().nullish(),
    sha: text,
    version_created_at: text,
    created_at: text,
  })
  .transform((facts) => ({
    name: facts.name,
    version: facts.version,
    platform: facts.platform || 'ruby',
    yanked: facts.yanked === true,
    sha: facts.sha ?? null,
    createdAt: createdAtOf(facts.version_created_at ?? facts.created_at),
    facts,
  }))

/** The rows that `row` can read, and those that it cannot. Where it can read none of several it is no such list. */
function rowsOf<T>(row: z.ZodType<T>): z.ZodType<{ readable: T[]; unreadable: unknown[] }> {
  return z.array(z.unknown()).transform((rows, context) => {
    const reads = rows.map((one) => row.safeParse(one))
    const readable = reads.flatMap(({ data, success }) => (success ? [data] : []))
    const issue = reads[0]?.error?.issues[0]
    if (readable.length === 0 && issue !== undefined) {
      context.addIssue({ code: 'custom', message: issue.message, path: [0, ...issue.path] })
      return z.NEVER
    }
    return { readable, unreadable: rows.filter((_, index) => reads[index]?.success === false) }
  })
}

const named = z.object({ name: gemName })

/** A list of releases, and of which gems there were rows that cannot be read. */
export const releaseRows: z.ZodType<ReleaseRows> = rowsOf(release).transform(({ readable, unreadable }) => ({
  releases: readable,
  unreadable: unreadable.map((row) => named.safeParse(row).data?.name ?? null),
}))

/** A list of releases, without the rows that cannot be read. */
export const releases: z.ZodType<UpstreamRelease[]> = rowsOf(release).transform(({ readable }) => readable)

/** A gem's versions, without the rows that cannot be read. */
export const versions: z.ZodType<UpstreamVersion[]> = rowsOf(
  z
    .looseObject({
      number,
      platform,
      prerelease: z.boolean().nullish().catch(null),
      sha: text,
      created_at: text,
    })
    .transform((facts) => ({
      number: facts.number,
      platform: facts.platform || 'ruby',
      prerelease: facts.prerelease ?? /[A-Za-z]/.test(facts.number),
      sha: facts.sha ?? null,
      createdAt: createdAtOf(facts.created_at),
      facts,
    })),
).transform(({ readable }) => readable)

/** The number, or null for a gem that has none to show: the upstream says `unknown`. */
export const latest: z.ZodType<string | null> = z
  .object({ version: z.union([z.literal('unknown').transform(() => null), number, z.null()]) })
  .transform(({ version }) => version)

const user = z.object({ id: count, handle: text, email: text })

export const profile: z.ZodType<UpstreamUser> = user.transform(({ id, handle, email }) => ({
  id: id ?? null,
  handle: handle ?? null,
  email: email ?? null,
}))

export const owners: z.ZodType<UpstreamOwner[]> = z.array(
  user.extend({ role: text }).transform(({ id, handle, email, role }) => ({
    id: id ?? null,
    handle: handle ?? null,
    email: email ?? null,
    role: role ?? null,
  })),
)

export const names = z.array(z.string())

const total = z.number().int().nonnegative()

export const downloads: z.ZodType<number> = z.object({ total }).transform((counts) => counts.total)

export const versionDownloads: z.ZodType<{ total: number; version: number }> = z
  .object({ total_downloads: total, version_downloads: total })
  .transform((counts) => ({ total: counts.total_downloads, version: counts.version_downloads }))

const hook = z.object({ url: z.string(), failure_count: count })

/** The listing of hooks (protocol/rubygems-webhooks.md §6). */
export const hooks: z.ZodType<UpstreamHook[]> = z
  .record(z.string(), z.array(hook).nullable())
  .transform((groups) =>
    Object.entries(groups).flatMap(([group, listed]) =>
      (listed ?? []).map(({ url, failure_count }) => ({
        gemName: group === 'all gems' ? '*' : group,
        url,
        failureCount: failure_count ?? 0,
      })),
    ),
  )
