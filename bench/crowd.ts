import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { packageRoot } from '../src/about.js'
import type { Message } from '../src/delivery.js'
import { bucketOf } from '../src/latency.js'
import { openLedger } from '../src/ledger/ledger.js'
import { ledgerFile } from '../src/ledger/open.js'

/** The account whose deliveries are all dead. */
export const deadAccount = 'second'
/** The largest account, and one whose deliveries are all dead: there are 306,000 of them. */
const accounts = ['default', deadAccount, 'third', 'fourth']
const events = 9_000
/** A hundred endpoints hear of every event: 60 of the first account, 34 of the second, 3 of each other one. */
const wide = 100
/** And of one event hear these. */
const crowd = 100_000
const inboxes = 600
const keptInEach = 500

/** How far back its events go. */
const days = 30

/** The event with 100,000 deliveries, all of one account: in the middle, so that readers walk over it from both sides. */
export const crowdedEvent = 4_500
/** Its release. */
export const crowdedRelease = '/gems/gem-0/versions/1.1500'

/** Fills a new ledger in `folder` with 1,000,000 deliveries, each with an attempt, and 600 full inboxes. It takes a minute. */
export function fillLedger(folder: string): void {
  const opened = openLedger(folder)
  if (!opened.ok) throw new Error(opened.problem.message)
  const now = Date.now()
  for (const name of accounts) opened.value.accounts.ensure(name, now)
  opened.value.close()

  const client = new Sqlite(join(folder, ledgerFile))
  client.pragma('synchronous = OFF')
  client.pragma('foreign_keys = OFF')
  for (const [sql, ...values] of statements(now)) client.prepare(sql).run(...values)
  client.close()
}

type Statement = [sql: string, ...values: (number | string)[]]

function statements(now: number): Statement[] {
  const count = (last: number) =>
    `WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${last})`
  const spacing = Math.floor((days * 86_400_000) / events)
  return [
    [
      `${count(events)} INSERT INTO events (id, kind, gem_name, number, platform, payload, received_at, previous, fanned_out_at, webhook_at, confirmation)
       SELECT n, iif(n % 20 = 0, 'yanked', iif(n % 100 = 1, 'restored', 'pushed')), 'gem-' || (n / 3 % 1500), '1.' || (n / 3),
         iif(n % 3 = 0, 'ruby', 'java' || n % 3),
         CAST(replace(replace(?, '"name":"rails"', '"name":"gem-' || (n / 3 % 1500) || '"'), '"version":"8.1.3.1"', '"version":"1.' || (n / 3) || '"') AS BLOB), ? - (${events} - n) * ${spacing}, '1.0', 1, 1, 'confirmed' FROM counted`,
      payload(),
      now,
    ],
    [
      `${count(wide + crowd)} INSERT INTO endpoints (id, account_id, channel, url, created_at, enabled_at)
       SELECT n, iif(n > ${wide} OR n <= 60, 1, iif(n <= 94, 2, 3 + n % 2)), 'webhook', 'https://hooks.example.com/services/' || n, 0, 0 FROM counted`,
    ],
    [
      `INSERT INTO hooks (account_id, gem_name, url, endpoint_id, created_at)
       SELECT account_id, iif(id % 2, '*', 'gem-' || (id % 1500)), url, id, 0 FROM endpoints`,
    ],
    [
      `${count(events)}, owed(event_id, endpoint_id) AS (
         SELECT n, id FROM counted JOIN endpoints ON id <= ${wide} OR n = ${crowdedEvent})
       INSERT INTO deliveries (event_id, endpoint_id, account_id, channel, state, stage, due_at, attempts, created_at, finished_at)
       SELECT event_id, endpoint_id, account_id, 'webhook', state, iif(state = 'pending', 'waiting', NULL), ?, 1, received_at,
         iif(state = 'pending', NULL, received_at + 1000)
       FROM (SELECT owed.*, account_id, received_at, CASE iif(account_id = 2, 1, (event_id * 31 + endpoint_id * 17) % 40)
           WHEN 0 THEN 'pending' WHEN 1 THEN 'dead' WHEN 2 THEN 'dead' WHEN 3 THEN 'dead' WHEN 4 THEN 'dead'
           WHEN 5 THEN 'cancelled' ELSE 'succeeded' END AS state
         FROM owed JOIN endpoints ON endpoints.id = endpoint_id JOIN events ON events.id = event_id)
       ORDER BY event_id, endpoint_id`,
      now + 3_600_000,
    ],
    [
      `INSERT INTO attempts (delivery_id, number, started_at, duration_ms, verdict, status_code, response, error)
       SELECT id, 1, created_at, 40, 'retry', 503, ?, 'It answered 503.' FROM deliveries`,
      'The service is down for maintenance. '.repeat(5),
    ],
    [
      `${count(days)}, classes(bucket) AS (SELECT n FROM counted UNION ALL SELECT n + ${days} FROM counted)
       INSERT INTO latencies (account_id, day, bucket, count)
       SELECT accounts.id, ? - n, bucket, 100 + n * bucket FROM accounts, counted, classes WHERE bucket <= ?`,
      Math.floor(now / 86_400_000),
      bucketOf(3_600_000),
    ],
    [
      `${count(inboxes * keptInEach)} INSERT INTO inbox_messages (account_id, name, message_id, message, created_at)
       SELECT 1, 'inbox-' || (n % ${inboxes}), 'msg_' || n, ?, ? FROM counted`,
      JSON.stringify(message(now)),
      now,
    ],
  ]
}

function message(now: number): Message {
  return {
    id: 'msg_1',
    kind: 'pushed',
    gemName: 'rails',
    number: '8.1.3.1',
    body: payload(),
    gemPage: 'https://rubygems.org/gems/rails',
    previous: '8.1.3',
    origin: 'event',
    occurredAt: now,
    via: '0123456789ab',
  }
}

function payload(): string {
  return readFileSync(join(packageRoot, 'test/fixtures/webhook-payload-ruby.json'), 'utf8')
}
