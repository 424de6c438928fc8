import type { Config } from '../config.js'
import type { RunningServer } from '../server.js'

/** What of a running server the greeting tells. */
export type GreetedServer = Pick<
  RunningServer,
  'address' | 'publicUrl' | 'secrets' | 'newApiKey' | 'signInLink'
>

/**
 * What a person sees after a start: where it is, what to register, and what is still missing. On a terminal it makes a link
 * that signs in; elsewhere it makes none, since logs are kept and read by others.
 */
export function greeting(
  config: Config,
  server: GreetedServer,
  { worker, isTerminal }: { worker: boolean; isTerminal: boolean },
): string {
  const { host, port } = server.address
  const at = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const receiver = `${server.publicUrl}/webhooks/rubygems${config.receiverToken === null ? '' : `/${config.receiverToken}`}`
  return [
    `gemherald listens on ${at}`,
    `  page       ${isTerminal ? linkOf(server) : `${server.publicUrl}/   (${howToSignIn})`}`,
    `  receiver   ${receiver}   (${advice(config)})`,
    `  verifies   ${verifies(server.secrets)}`,
    `  upstream   ${config.rubygemsHost}   (${upstreamWorkOf(config)})`,
    `  transport  ${transportOf(config, worker)}`,
    `  email      ${config.missingMail === null ? 'ready' : `off: set ${config.missingMail}`}`,
    ...(server.newApiKey === null
      ? []
      : [`  API key    ${server.newApiKey.key}   (account default; shown only this once)`]),
  ].join('\n')
}

const howToSignIn = 'sign in with an API key, or run gemherald sign-in'

function linkOf(server: GreetedServer): string {
  return `${server.signInLink()}   (one-time link, 1 hour)`
}

function advice({ publicUrl }: Config): string {
  if (publicUrl !== null) return 'register this URL on RubyGems.org'
  return 'to register a URL on RubyGems.org, set PUBLIC_URL to how the world reaches this server'
}

function verifies(secrets: number): string {
  if (secrets === 0) return 'nothing yet: every webhook is refused until RUBYGEMS_API_KEYS is set'
  return `webhooks with ${secrets} secret${secrets === 1 ? '' : 's'}`
}

function upstreamWorkOf({ confirm, reconcile, upstreamSync }: Config): string {
  return [
    confirm === 'off' ? 'claims are not confirmed' : `claims are confirmed: ${confirm}`,
    reconcile ? 'catches up' : 'does not catch up',
    upstreamSync === 'auto' ? 'keeps hooks in step' : 'hooks there: gemherald upstream sync',
  ].join('; ')
}

function transportOf({ redisUrl }: Config, worker: boolean): string {
  if (redisUrl === null) return 'in-process'
  return worker
    ? 'BullMQ over Redis, with a worker in this process'
    : 'BullMQ over Redis, with workers elsewhere'
}
