import { z } from 'zod'
import { channelField, gemField, textField } from './fields.js'

/** A route that is served elsewhere, so that its description is written down by hand. */
export interface OtherRoute {
  method: 'get' | 'post' | 'delete'
  path: string
  operation: string
  summary: string
  description?: string
  input: z.ZodObject
  /** Whether it needs an API key. */
  keyed: boolean
  answers: Record<number, { description: string; types: readonly string[] }>
}

const json = ['application/json']
const plain = ['text/plain']
const formats = ['application/json', 'text/yaml']
const atom = ['application/atom+xml']

const said = (description: string, types: readonly string[]) => ({ description, types })
const denied = said('There is no valid API key in Authorization.', plain)
const noGem = said('This gem could not be found.', plain)

const format = z.enum(['json', 'yaml'])
const name = gemField
const page = z.int().min(1).exactOptional()
const hook = {
  gem_name: textField().describe("A gem's name, or `*` for all."),
  url: textField().describe('An http(s) URL, `mailto:ADDRESS` or `inbox:NAME`.'),
}

const hooks: OtherRoute[] = [
  {
    method: 'get',
    path: '/api/v1/web_hooks.{format}',
    operation: 'listHooks',
    summary: 'Hooks of the account by gem, as RubyGems.org lists them',
    input: z.object({ format }),
    keyed: true,
    answers: { 200: said('Lists of hooks by the name of their gem.', formats), 401: denied },
  },
  {
    method: 'post',
    path: '/api/v1/web_hooks',
    operation: 'addHook',
    summary: 'Register a hook',
    input: z.object({
      ...hook,
      channel: channelField.exactOptional().describe('The one that suits the URL unless told.'),
    }),
    keyed: true,
    answers: {
      201: said('It is registered.', plain),
      400: said('A parameter is missing or cannot be read.', json),
      401: denied,
      404: noGem,
      409: said('It is registered already, or the URL is no good: a Ruby array of sentences.', plain),
      413: said('The body is too large.', json),
    },
  },
  {
    method: 'delete',
    path: '/api/v1/web_hooks/remove',
    operation: 'removeHook',
    summary: 'Remove a hook',
    input: z.object(hook),
    keyed: true,
    answers: {
      200: said('It is removed.', plain),
      400: said('A parameter is missing or cannot be read.', json),
      401: denied,
      404: said('There is no such hook or gem.', plain),
    },
  },
  {
    method: 'post',
    path: '/api/v1/web_hooks/fire',
    operation: 'fireHook',
    summary: 'Send one test message, and tell what the far side said as text',
    input: z.object({
      ...hook,
      channel: channelField.exactOptional(),
      kind: z.enum(['pushed', 'yanked']).exactOptional(),
    }),
    keyed: true,
    answers: {
      200: said('It was delivered: what the far side said.', plain),
      400: said('It was not delivered, or a parameter is no good.', json),
      401: denied,
      404: noGem,
      413: said('The body is too large.', json),
      429: said('Too often: try again after Retry-After.', plain),
    },
  },
]

const received = {
  200: said('It is known already.', json),
  202: said('It is kept.', json),
  400: said('The body is no webhook.', json),
  401: said('The Authorization header does not prove it.', json),
  408: said('The body took too long.', json),
  413: said('The body is too large.', json),
  415: said('The body is compressed, or no JSON.', json),
  429: said('Too many claims about this number wait to be checked. Send it again after Retry-After.', json),
  503: said('It could not be kept. Send it again after Retry-After.', json),
}

const receiver: OtherRoute[] = [
  {
    method: 'post',
    path: '/webhooks/rubygems',
    operation: 'receive',
    summary: 'Where RubyGems.org sends its webhooks',
    description: 'Authorization is not an API key here, but the SHA-256 of name, version and a secret.',
    input: z.object({}),
    keyed: false,
    answers: received,
  },
  {
    method: 'post',
    path: '/webhooks/rubygems/{token}',
    operation: 'receiveWithToken',
    summary: 'The same where GEMHERALD_RECEIVER_TOKEN is set',
    input: z.object({ token: z.string() }),
    keyed: false,
    answers: received,
  },
]

const catalogRead = (
  path: string,
  operation: string,
  summary: string,
  input: z.core.$ZodLooseShape,
  others: OtherRoute['answers'] = {},
): OtherRoute => ({
  method: 'get',
  path,
  operation,
  summary,
  input: z.object(path.endsWith('{format}') ? { ...input, format } : input),
  keyed: false,
  answers: {
    200: said('As RubyGems.org answers it.', path.endsWith('{format}') ? formats : json),
    503: said('The ledger cannot be used at present.', json),
    ...others,
  },
})

const catalog: OtherRoute[] = [
  catalogRead(
    '/api/v1/gems/{name}.{format}',
    'showGem',
    'A gem by its most recent version',
    { name },
    { 404: noGem },
  ),
  catalogRead(
    '/api/v1/versions/{name}.{format}',
    'listVersions',
    "A gem's live versions",
    { name },
    { 404: noGem },
  ),
  catalogRead('/api/v1/versions/{name}/latest.json', 'latestVersion', "Number of a gem's latest version", {
    name,
  }),
  catalogRead(
    '/api/v2/rubygems/{name}/versions/{number}.{format}',
    'showVersion',
    'One version of a gem',
    { name, number: z.string(), platform: z.string().exactOptional() },
    { 404: noGem },
  ),
  catalogRead('/api/v1/activity/just_updated.{format}', 'listJustUpdated', 'The versions that came last', {}),
  catalogRead('/api/v1/activity/latest.{format}', 'listNewGems', 'The gems that came last', {}),
  catalogRead(
    '/api/v1/timeframe_versions.{format}',
    'listTimeframe',
    'Versions created within a time frame',
    { from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }).exactOptional(), page },
    { 400: said('A moment is missing or wrong.', plain) },
  ),
  catalogRead(
    '/api/v1/downloads/{name}.{format}',
    'showDownloads',
    "A version's downloads, by full name",
    { name },
    {
      404: noGem,
    },
  ),
  catalogRead(
    '/api/v1/search.{format}',
    'searchGems',
    'Gems by words in name and info',
    { query: z.string(), page },
    { 400: said('There is no query.', plain), 429: said('Too often: try again after Retry-After.', plain) },
  ),
  catalogRead(
    '/api/v1/search/autocomplete.json',
    'completeName',
    'Names of gems that begin so',
    { query: z.string().exactOptional() },
    { 429: said('Too often: try again after Retry-After.', plain) },
  ),
]

const indexRead = (
  path: string,
  operation: string,
  summary: string,
  found: OtherRoute['answers'],
): OtherRoute => ({
  method: 'get',
  path,
  operation,
  summary,
  input: z.object(path.includes('{name}') ? { name } : {}),
  keyed: false,
  answers: {
    200: said('A file of the compact index.', plain),
    503: said('The ledger cannot be used at present.', plain),
    ...found,
  },
})

const ranges = { 206: said('The asked part of it.', plain), 416: said('There is no such part.', plain) }

const compactIndex: OtherRoute[] = [
  indexRead('/versions', 'readVersions', 'All versions of all gems', ranges),
  indexRead('/names', 'readNames', 'Names of all gems', ranges),
  indexRead('/info/{name}', 'readInfo', "A gem's versions with their dependencies", {
    ...ranges,
    404: noGem,
  }),
]

const feeds: OtherRoute[] = [
  {
    method: 'get',
    path: '/feed.atom',
    operation: 'readFeed',
    summary: 'The newest releases as a feed',
    input: z.object({}),
    keyed: false,
    answers: { 200: said('An Atom feed.', atom) },
  },
  {
    method: 'get',
    path: '/gems/{name}.atom',
    operation: 'readGemFeed',
    summary: "A gem's newest releases as a feed",
    input: z.object({ name }),
    keyed: false,
    answers: { 200: said('An Atom feed.', atom), 404: noGem },
  },
  {
    method: 'get',
    path: '/inbox/{name}.atom',
    operation: 'readInboxFeed',
    summary: "An inbox's messages as a feed",
    description:
      'With an API key as Authorization or as the password of HTTP Basic, with the cookie of the page, or with the token in the link that the page shows.',
    input: z.object({ name: textField(), token: z.string().exactOptional() }),
    keyed: true,
    answers: {
      200: said('An Atom feed.', atom),
      401: said('Nothing proves whose inbox it is.', plain),
      404: said('There is no such inbox.', plain),
    },
  },
]

const open = (
  path: string,
  operation: string,
  summary: string,
  answers: OtherRoute['answers'],
): OtherRoute => ({
  method: 'get',
  path,
  operation,
  summary,
  input: z.object({}),
  keyed: false,
  answers,
})

const watching: OtherRoute[] = [
  open('/healthz', 'checkHealth', 'Whether the process is alive', { 200: said('It is.', json) }),
  open('/readyz', 'checkReadiness', 'Whether events can be kept and messages sent', {
    200: said('They can.', json),
    503: said('They cannot: what is not ready.', json),
  }),
  open('/metrics', 'readMetrics', "Counts and times in Prometheus' format", {
    200: said('All metrics.', plain),
    503: said('The ledger cannot be read.', plain),
  }),
  open('/api/openapi.json', 'describe', 'This description', { 200: said('OpenAPI 3.1.', json) }),
]

/** All routes for programs that are not the JSON API's own. */
export const otherRoutes: readonly OtherRoute[] = [
  ...hooks,
  ...receiver,
  ...catalog,
  ...compactIndex,
  ...feeds,
  ...watching,
]
