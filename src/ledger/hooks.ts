import { and, eq, sql } from 'drizzle-orm'
import { type Channel, endpointUrl } from '../endpoint.js'
import { cancelDeliveries } from './cancel.js'
import { enabledAgain } from './endpoint-switch.js'
import type { Database } from './open.js'
import { endpoints, hooks } from './schema.js'

/** What identifies a hook: one account, one gem (or `*`), one URL, compared byte for byte. */
export interface HookIdentity {
  accountId: number
  gemName: string
  url: string
}

export interface HookRow {
  gemName: string
  url: string
  failureCount: number
}

/** What enabled hooks of any account want to hear of. */
export interface Wanted {
  /** Whether a hook is on `*`. */
  all: boolean
  /** When the first hook on each of them, `*` among them, was registered or enabled again; ms since the epoch. */
  since: ReadonlyMap<string, number>
  /** Names of the gems that hooks are on, in order. */
  gemNames: string[]
}

export interface Hooks {
  /**
   * What the hooks whose endpoints are enabled are on. Hooks of the upstream itself (its base URL) do not count: two
   * gemheralds that are each other's upstream would want for each other what nobody wants any more.
   */
  wanted(upstreamHost: string): Wanted
  /** The account's hooks in order of registration. */
  list(accountId: number): HookRow[]
  exists(hook: HookIdentity): boolean
  /**
   * Registers a hook; false when the account has it already, disabled or not.
   * Registering vouches for the address: a disabled endpoint is enabled again.
   */
  create(hook: HookIdentity & { channel: Channel }, now: number): boolean
  /** Removes a hook and cancels the pending deliveries that no other hook of its endpoint wants; false when there was none. */
  remove(hook: HookIdentity, now: number): boolean
  /** Removes every hook, of any account, that leads to an endpoint's address, and cancels its pending deliveries; how many there were. */
  removeAddress(endpointId: number, now: number): number
}

export function hooksIn(db: Database): Hooks {
  const find = (hook: HookIdentity) =>
    db
      .select({ id: hooks.id, endpointId: hooks.endpointId })
      .from(hooks)
      .where(
        and(eq(hooks.accountId, hook.accountId), eq(hooks.gemName, hook.gemName), eq(hooks.url, hook.url)),
      )
      .get()

  const enableEndpoint = (hook: HookIdentity & { channel: Channel }, now: number) =>
    db
      .insert(endpoints)
      .values({
        accountId: hook.accountId,
        channel: hook.channel,
        url: endpointUrl(hook.url),
        createdAt: now,
        enabledAt: now,
      })
      .onConflictDoUpdate({
        target: [endpoints.accountId, endpoints.channel, endpoints.url],
        set: enabledAgain(now),
        setWhere: sql`${endpoints.disabledAt} IS NOT NULL`,
      })
      .run()

  const endpointOf = (hook: HookIdentity & { channel: Channel }) => {
    const row = db
      .select({ id: endpoints.id })
      .from(endpoints)
      .where(
        and(
          eq(endpoints.accountId, hook.accountId),
          eq(endpoints.channel, hook.channel),
          eq(endpoints.url, endpointUrl(hook.url)),
        ),
      )
      .get()
    if (row === undefined) throw new Error('The ledger kept no endpoint for a new hook.')
    return row.id
  }

  const wanted = db.$client.prepare<[{ base: string }], { name: string; since: number }>(
    `SELECT gem_name AS name, min(max(hooks.created_at, enabled_at)) AS since FROM hooks JOIN endpoints ON endpoints.id = endpoint_id
     WHERE disabled_at IS NULL AND substr(endpoints.url, 1, length(@base)) <> @base
     GROUP BY gem_name ORDER BY gem_name`,
  )

  return {
    wanted(upstreamHost) {
      const gems = wanted.all({ base: `${upstreamHost}/` })
      const since = new Map(gems.map(({ name, since }) => [name, since]))
      return {
        all: since.has('*'),
        since,
        gemNames: gems.map(({ name }) => name).filter((name) => name !== '*'),
      }
    },

    list: (accountId) =>
      db
        .select({ gemName: hooks.gemName, url: hooks.url, failureCount: hooks.failureCount })
        .from(hooks)
        .where(eq(hooks.accountId, accountId))
        .orderBy(hooks.id)
        .all(),

    exists: (hook) => find(hook) !== undefined,

    create: (hook, now) =>
      db.transaction(
        () => {
          if (find(hook) !== undefined) return false
          enableEndpoint(hook, now)
          const { accountId, gemName, url } = hook
          db.insert(hooks)
            .values({ accountId, gemName, url, endpointId: endpointOf(hook), createdAt: now })
            .run()
          return true
        },
        { behavior: 'immediate' },
      ),

    remove: (hook, now) =>
      db.transaction(
        () => {
          const row = find(hook)
          if (row === undefined) return false
          db.delete(hooks).where(eq(hooks.id, row.id)).run()
          cancelUnwanted(db, row.endpointId, now)
          return true
        },
        { behavior: 'immediate' },
      ),

    removeAddress: (endpointId, now) =>
      db.transaction(
        () => {
          const sameAddress = db.all<{ id: number }>(sql`
            SELECT same.id FROM endpoints AS given JOIN endpoints AS same USING (channel, url)
            WHERE given.id = ${endpointId}`)
          return sameAddress.reduce((removed, { id }) => {
            const { changes } = db.delete(hooks).where(eq(hooks.endpointId, id)).run()
            cancelUnwanted(db, id, now)
            return removed + changes
          }, 0)
        },
        { behavior: 'immediate' },
      ),
  }
}

/** Cancels an endpoint's pending deliveries about gems that none of its hooks names. */
function cancelUnwanted(db: Database, endpointId: number, now: number): void {
  cancelDeliveries(
    db,
    sql`endpoint_id = ${endpointId} AND NOT EXISTS (
      SELECT 1 FROM hooks WHERE hooks.endpoint_id = ${endpointId} AND hooks.gem_name IN
        ('*', (SELECT gem_name FROM events WHERE events.id = deliveries.event_id)))`,
    now,
  )
}
