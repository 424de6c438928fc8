import type { Config } from '../config.js'
import type { WebHooks } from '../rubygems/web-hooks.js'
import { failWith } from './fail.js'
import { withProgress } from './progress.js'
import { loadConfig } from './settings.js'

/** The settings, with the key that hooks are managed with. */
export type UpstreamConfig = Config & { rubygemsApiKey: string }

/** What every command that talks to the upstream takes. */
export interface UpstreamOptions {
  otp?: string
  json: boolean
}

/** The settings of a command that manages hooks. When they are wrong, or no key is set, the command has ended. */
export async function loadUpstreamConfig(): Promise<UpstreamConfig | undefined> {
  const config = await loadConfig()
  if (config === undefined) return undefined
  const { rubygemsApiKey } = config
  if (rubygemsApiKey !== null) return { ...config, rubygemsApiKey }
  const host = new URL(config.rubygemsHost).host
  failWith({
    code: 'invalid',
    message: `RUBYGEMS_API_KEY is not set: give a key of your account at ${host} that may manage web hooks.`,
  })
  return undefined
}

/**
 * Has `work` talk to the upstream, through the outbound guard, with progress on stderr under `label`. Connections end with
 * the work.
 */
export async function withUpstream<T>(
  { rubygemsHost: host, rubygemsApiKey: apiKey, receiverToken, outboundAllow: allow }: UpstreamConfig,
  { otp, label }: { otp: string | undefined; label: string },
  work: (webHooks: WebHooks, report: (text: string) => void) => Promise<T>,
): Promise<T> {
  const [{ createRubygems }, { createOutbound }, { userAgent }] = await Promise.all([
    import('../rubygems/client.js'),
    import('../outbound/client.js'),
    import('../about.js'),
  ])
  const outbound = createOutbound({ allow, userAgent })
  const { webHooks } = createRubygems({
    host,
    outbound,
    apiKey,
    ...(otp !== undefined && { otp }),
    ...(receiverToken !== null && { receiverToken }),
  })
  try {
    return await withProgress(label, (report) => work(webHooks, report))
  } finally {
    await outbound.close()
  }
}
