import { z } from 'zod'
import { ok } from '../error.js'
import type { RememberedHook } from '../ledger/upstreams.js'
import { roseLately } from '../upstream/hook-warnings.js'
import type { Past } from '../watch/overview.js'
import type { Setup } from '../web/setup-parts.js'
import { time, timeOf, timeOrNull } from './fields.js'
import { route } from './route.js'

const upstreamHookSchema = z
  .object({
    gem_name: z.string().describe('`*`: all gems.'),
    leads_to: z
      .enum(['receiver', 'earlier_url'])
      .describe('`receiver_url`, or where this server was reached before.'),
    failure_count: z.int(),
    failures_rising: z.boolean().describe('It was seen to rise within the last 24 hours.'),
    risen_at: time.nullable().describe('When it was last seen to have risen; null: never.'),
    last_seen_at: time,
  })
  .meta({ id: 'UpstreamHook', description: 'A hook at the upstream that leads to this server.' })

const setupSchema = z
  .object({
    receiver_url: z
      .string()
      .nullable()
      .describe('To be registered at the upstream; null: it cannot be reached.'),
    secrets: z.array(z.string()).describe('What they are called, never the secrets themselves.'),
    upstream: z.string(),
    has_client_key: z.boolean().describe('Whether hooks at the upstream can be managed from here.'),
    transport: z.enum(['in-process', 'bullmq']),
    redis: z.string().nullable(),
    mail_from: z.string().nullable(),
    missing_mail: z.string().nullable().describe('The variables that email still lacks.'),
    data_dir: z.string(),
    ledger_bytes: z.number().nullable(),
    node_version: z.string(),
    sqlite_version: z.string(),
    upstream_hooks: z.array(upstreamHookSchema).describe('Our own there, as they were last listed.'),
  })
  .meta({ id: 'Setup', description: 'How this installation is set up.' })

const statusSchema = z.object({
  version: z.string(),
  started_at: time,
  ready: z.boolean(),
  problems: z.array(z.string()).describe('What stops deliveries.'),
  warnings: z
    .array(z.string())
    .describe(
      'What somebody should look at; for other accounts than `default` only what is about delivering.',
    ),
  events: z.object({ webhook: z.int(), catch_up: z.int(), both: z.int() }).describe('By who told of them.'),
  missed_by_webhooks: z.int(),
  confirmations: z.object({ confirmed: z.int(), unconfirmed: z.int(), refuted: z.int() }),
  claims_waiting: z.int().describe('Events whose check is not over: nobody has been told yet.'),
  deliveries_pending: z.int().describe('Of all accounts.'),
  wanted: z
    .object({ all: z.boolean(), gems: z.int() })
    .nullable()
    .describe('What enabled hooks of all accounts are on; only for the account `default`.'),
  last_webhook_at: time.nullable(),
  complete_until: time.nullable().describe('Everything that the upstream created up to then has been seen.'),
  last_complete_window_at: time.nullable().describe('When that was found out last.'),
  setup: setupSchema.nullable().describe('Only for the account `default`, which runs this installation.'),
})

export const showStatus = route({
  method: 'get',
  path: '/api/v1/status.json',
  operation: 'showStatus',
  summary: 'How this installation fares',
  input: z.object({}),
  answer: statusSchema,
  async act({ isOperator }, { overview, setup, transport, now }) {
    const seen = overview()
    const { events, confirmations, wanted } = seen
    const { blocking, warnings } = await transport.health()
    return ok({
      version: setup.version,
      started_at: timeOf(setup.startedAt),
      ready: blocking.length === 0,
      problems: blocking,
      // Those of the overview name gems that hooks of any account are on.
      warnings: isOperator ? [...warnings, ...seen.warnings] : warnings,
      events: { webhook: events.webhook, catch_up: events.catchUp, both: events.both },
      missed_by_webhooks: seen.missedByWebhooks,
      confirmations,
      claims_waiting: seen.claimsWaiting,
      deliveries_pending: seen.deliveriesPending,
      wanted: isOperator ? wanted : null,
      last_webhook_at: pastJson(seen.lastWebhook),
      complete_until: pastJson(seen.completeUntil),
      last_complete_window_at: pastJson(seen.lastCompleteWindow),
      setup: isOperator ? setupJson(setup, seen.upstreamHooks, now()) : null,
    })
  },
})

function setupJson(
  setup: Setup,
  upstreamHooks: readonly RememberedHook[],
  now: number,
): z.input<typeof setupSchema> {
  const receiver = setup.receiverUrl()
  return {
    receiver_url: receiver,
    secrets: setup.secrets.map(({ label }) => label),
    upstream: setup.upstreamHost,
    has_client_key: setup.hasClientKey,
    transport: setup.transport,
    redis: setup.redisHost,
    mail_from: setup.mailFrom,
    missing_mail: setup.missingMail,
    data_dir: setup.dataDir,
    ledger_bytes: setup.ledgerBytes(),
    node_version: process.versions.node,
    sqlite_version: setup.sqliteVersion,
    upstream_hooks: upstreamHooks.map((hook) => ({
      gem_name: hook.gemName,
      leads_to: hook.url === receiver ? 'receiver' : 'earlier_url',
      failure_count: hook.failureCount,
      failures_rising: roseLately(hook, now),
      risen_at: timeOrNull(hook.risenAt),
      last_seen_at: timeOf(hook.seenAt),
    })),
  }
}

function pastJson(past: Past | null): string | null {
  return past === null ? null : timeOf(past.at)
}
