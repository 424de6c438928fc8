import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/about.js'

const folder = join(packageRoot, 'test/fixtures')

/** A webhook that RubyGems.org could have sent, with the digests that belong to it. */
export interface WebhookFixture {
  /** Such as `ruby` or `platform-java`. */
  title: string
  /** Exactly the bytes sent. */
  body: Buffer
  name: string
  version: string
  platform: string
  yanked: boolean
  /** `Authorization` by the secret it was made with (protocol/rubygems-webhooks.md §10). */
  authorization: { legacy: string; firstKeyHash: string; emptySecret: string; plainModernKey: string }
}

/** The secrets of the fixtures: as an operator would configure them, and what RubyGems.org really signs with. */
export const secrets = {
  /** 32 hex digits, signed with as it stands. */
  legacy: '701243f217cdf23b1370c7b66b65ca97',
  /** A `rubygems_…` key; signed with its SHA-256 hex, which is `modernSha256`. */
  modern: 'rubygems_b9ce70c306b3a2e248679fbbbd66722d408d3c8c4f00566c',
  modernSha256: 'ebad4adb2fb10f52db78d628bc08f81ecdc5ccf154a08f3925ec38227b05c160',
}

/** Every payload fixture. */
export const webhookFixtures: WebhookFixture[] = readFixtures()

/** The fixture with this title, such as `ruby`, `platform-java`, `push-demo`, `yank-demo`. */
export function webhookFixture(title: string): WebhookFixture {
  const found = webhookFixtures.find((fixture) => fixture.title === title)
  if (found === undefined) throw new Error(`There is no fixture webhook-payload-${title}.json.`)
  return found
}

/** What RubyGems.org puts into `Authorization`: hex SHA-256 of name, number and secret. */
export function authorizationFor(name: string, version: string, secret: string): string {
  return createHash('sha256')
    .update(name + version + secret)
    .digest('hex')
}

/** A payload's 24 keys with plausible values; `changes` replaces any of them or adds others, undefined leaves one out. */
export function factsOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { name = 'gemherald-demo', version = '1.4.2', platform = 'ruby' } = changes
  const [gem, number, suffix] = [name, version, platform].map(textOf)
  const file = platform === 'ruby' ? `${gem}-${number}` : `${gem}-${number}-${suffix}`
  return {
    name,
    downloads: 1167,
    version,
    version_created_at: '2026-08-30T09:12:44.101Z',
    version_downloads: 0,
    platform,
    authors: 'Ada Example',
    info: 'Demonstration gem for tests.',
    licenses: ['MIT'],
    metadata: {},
    yanked: false,
    sha: '6d968ae68332c45936ab1105f3c87173039f6b752bf6c4a338a8d9cab571a098',
    spec_sha: '5a38b5425788e97dc4f71594b637d2877adfe98dc9e128e1fe1bf674a3a3fe26',
    project_uri: `https://rubygems.org/gems/${gem}`,
    gem_uri: `https://rubygems.org/gems/${file}.gem`,
    homepage_uri: null,
    wiki_uri: null,
    documentation_uri: `https://www.rubydoc.info/gems/${gem}/${number}`,
    mailing_list_uri: null,
    source_code_uri: null,
    bug_tracker_uri: null,
    changelog_uri: null,
    funding_uri: null,
    dependencies: { development: [], runtime: [] },
    ...changes,
  }
}

/** The body of a webhook: `factsOf(changes)` as JSON. */
export function payloadOf(changes: Record<string, unknown> = {}): Buffer {
  return Buffer.from(JSON.stringify(factsOf(changes)))
}

/** A complete request, signed with `secret`, ready for `fetch(url, signedWebhook({ name: 'rails' }))`. */
export function signedWebhook(changes: Record<string, unknown> = {}, secret: string = secrets.legacy) {
  const { name, version } = factsOf(changes)
  return {
    method: 'POST' as const,
    headers: {
      'Content-Type': 'application/json',
      Authorization: authorizationFor(textOf(name), textOf(version), secret),
    },
    body: payloadOf(changes),
  }
}

/** Tests put anything into a payload, also what cannot be made into a text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'odd'
}

interface FixtureEntry {
  file: string
  name: string
  version: string
  platform: string
  yanked: boolean
  authorization: {
    secret_legacy: string
    secret_first_key_hash: string
    empty_secret_must_be_refused: string
    naive_plain_modern_key_never_sent: string
  }
}

function readFixtures(): WebhookFixture[] {
  const index: { payloads: FixtureEntry[] } = JSON.parse(
    readFileSync(join(folder, 'webhook-authorization.json'), 'utf8'),
  )
  return index.payloads.map(({ file, authorization, ...release }) => ({
    ...release,
    title: file.replace(/^webhook-payload-|\.json$/g, ''),
    body: readFileSync(join(folder, file)),
    authorization: {
      legacy: authorization.secret_legacy,
      firstKeyHash: authorization.secret_first_key_hash,
      emptySecret: authorization.empty_secret_must_be_refused,
      plainModernKey: authorization.naive_plain_modern_key_never_sent,
    },
  }))
}
