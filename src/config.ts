import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { addressUrl } from './address-url.js'
import { readSender } from './channels/mail-address.js'
import type { ConfirmMode } from './confirm/decide.js'
import { fail, ok, type Result } from './error.js'
import { type AllowList, compileAllow } from './outbound/address.js'

/** What the environment says, checked (DESIGN §5). */
export interface Config {
  host: string
  port: number
  /** Absolute path. */
  dataDir: string
  /** Without a slash at its end. Null: it is where the server listens. */
  publicUrl: string | null
  redisUrl: string | null
  /** Secrets that incoming webhooks are verified with. */
  rubygemsKeys: string[]
  /** Without a slash at its end. */
  rubygemsHost: string
  /** What gemherald itself uses at the upstream: RUBYGEMS_API_KEY, else the first of the secrets that is a key. */
  rubygemsApiKey: string | null
  /** `auto`: the server keeps the upstream's hooks in step with the hooks here. */
  upstreamSync: 'off' | 'auto'
  /** Whether the server looks for what webhooks did not tell. */
  reconcile: boolean
  /** No webhook for so long, while the upstream published, is worth a warning; ms. */
  silenceMs: number
  /** Whether a webhook's claim is checked with the upstream before anybody is told. */
  confirm: ConfirmMode
  apiKey: string | null
  /** Where `gemherald hooks` finds the server. Without a slash at its end. */
  gemheraldUrl: string
  /** Null: it is kept in DATA_DIR/secret. */
  secret: string | null
  /** The last path segment that incoming webhooks must use. */
  receiverToken: string | null
  mail: { url: string; from: string } | null
  /** The variables that email still lacks, or null when it can be sent. */
  missingMail: string | null
  outboundAllow: AllowList
  /** The same as text: workers get it with their jobs. */
  outboundCidrs: string[]
  logLevel: (typeof logLevels)[number]
}

const confirmModes = ['off', 'prefer', 'require'] as const satisfies readonly ConfirmMode[]
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const shortestSecret = 16
const wrongPort = 'must be a whole number from 0 to 65535'

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''))
const plainUrl = httpUrl.refine((url) => !/[?#@]/.test(url), {
  error: 'must have no credentials, query or fragment',
})
const optional = <T extends z.ZodType>(schema: T) => schema.optional()
const oneOf = <const T extends readonly string[]>(values: T, byDefault: T[number]) =>
  z.enum(values, { error: `must be ${listed(values)}` }).default(byDefault as never)
const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d+$/, { error: wrongPort })
    .transform(Number)
    .refine((port) => port <= 65535, { error: wrongPort })
    .default(8790),
  DATA_DIR: z.string().default('./data'),
  PUBLIC_URL: optional(plainUrl),
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })),
  RUBYGEMS_API_KEYS: z.string().default(''),
  RUBYGEMS_HOST: plainUrl.default('https://rubygems.org'),
  RUBYGEMS_API_KEY: optional(z.string().regex(/^[!-~]+$/, { error: 'must be an API key, without blanks' })),
  UPSTREAM_SYNC: oneOf(['off', 'auto'], 'off'),
  RECONCILE: oneOf(['on', 'off'], 'on'),
  SILENCE_MINUTES: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, { error: 'must be a whole number of minutes, 1 or more' })
    .transform(Number)
    .default(30),
  CONFIRM: oneOf(confirmModes, 'prefer'),
  GEMHERALD_URL: optional(plainUrl),
  GEMHERALD_API_KEY: optional(
    z
      .string()
      .min(shortestSecret, { error: `must have at least ${shortestSecret} characters` })
      .regex(/^[ -~]+$/, { error: 'must be of printable ASCII characters, since it travels in a header' }),
  ),
  GEMHERALD_SECRET: optional(
    z.string().min(shortestSecret, { error: `must have at least ${shortestSecret} characters` }),
  ),
  GEMHERALD_RECEIVER_TOKEN: optional(
    z.string().regex(/^[A-Za-z0-9._~-]+$/, {
      error: 'may hold only letters, digits and . _ ~ -, since it is part of a URL',
    }),
  ),
  SMTP_URL: optional(
    z.url({ protocol: /^smtps?$/, hostname: /./, error: 'must be an smtp:// or smtps:// URL with a host' }),
  ),
  MAIL_FROM: optional(
    z
      .string()
      .refine((from) => readSender(from) !== null, { error: 'must be one address, or Name <address>' }),
  ),
  OUTBOUND_ALLOW: optional(z.string()),
  LOG_LEVEL: oneOf(logLevels, 'info'),
})

/** Reads the environment. Fails with one line for each variable that is wrong; values are never repeated: some are secrets. */
export function readConfig(env: NodeJS.ProcessEnv): Result<Config> {
  const parsed = environment.safeParse(withoutBlanks(env))
  if (!parsed.success)
    return fail(
      'invalid',
      parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`).join('\n'),
    )
  const values = parsed.data
  const rubygemsKeys = list(values.RUBYGEMS_API_KEYS)
  const rubygemsApiKey = values.RUBYGEMS_API_KEY ?? rubygemsKeys.find(isApiKey) ?? null
  const outboundCidrs = allowedCidrs(values.OUTBOUND_ALLOW, values.HOST)
  const allow = compileAllow(outboundCidrs)
  if (!allow.ok)
    return fail(
      'invalid',
      'OUTBOUND_ALLOW must be CIDRs with commas between them, like 10.0.0.0/8,192.168.1.7/32,fd00::/8.',
    )
  return ok({
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    publicUrl: values.PUBLIC_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    rubygemsKeys,
    rubygemsHost: values.RUBYGEMS_HOST,
    rubygemsApiKey,
    upstreamSync: values.UPSTREAM_SYNC,
    reconcile: values.RECONCILE === 'on',
    silenceMs: values.SILENCE_MINUTES * 60_000,
    confirm: values.CONFIRM,
    apiKey: values.GEMHERALD_API_KEY ?? null,
    gemheraldUrl: values.GEMHERALD_URL ?? addressUrl(values.HOST, values.PORT),
    secret: values.GEMHERALD_SECRET ?? null,
    receiverToken: values.GEMHERALD_RECEIVER_TOKEN ?? null,
    ...mailSettings(values.SMTP_URL, values.MAIL_FROM),
    outboundAllow: allow.value,
    outboundCidrs,
    logLevel: values.LOG_LEVEL,
  })
}

/**
 * An empty variable is an unset one: that is how compose files and unit files leave things out. Only OUTBOUND_ALLOW says
 * something when it is empty: nothing is allowed.
 */
function withoutBlanks(env: NodeJS.ProcessEnv): Record<string, string> {
  const filled = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (entry[1].trim() !== '' || entry[0] === 'OUTBOUND_ALLOW'),
  )
  return Object.fromEntries(filled.map(([name, value]) => [name, value.trim()]))
}

/** The secrets that sign webhooks may also be digests and keys of old, which open nothing. */
function isApiKey(secret: string): boolean {
  return /^(rubygems|gh)_/.test(secret)
}

function listed(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function allowedCidrs(configured: string | undefined, host: string): string[] {
  if (configured !== undefined) return list(configured)
  return isLoopback(host) ? ['127.0.0.0/8', '::1/128'] : []
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

function mailSettings(
  url: string | undefined,
  from: string | undefined,
): Pick<Config, 'mail' | 'missingMail'> {
  if (url !== undefined && from !== undefined) return { mail: { url, from }, missingMail: null }
  const missing = [url === undefined ? 'SMTP_URL' : '', from === undefined ? 'MAIL_FROM' : ''].filter(
    (name) => name !== '',
  )
  return { mail: null, missingMail: missing.join(' and ') }
}
