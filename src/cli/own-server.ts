import type { Rubygems } from '../rubygems/client.js'
import { withNamedServer } from './named-server.js'
import { withProgress } from './progress.js'

/** A running gemherald, as its users reach it. */
export interface OwnServer {
  /** Base URL, without a slash at its end. */
  url: string
  apiKey: string
}

/** Has `work` talk to a running gemherald, which speaks RubyGems.org's API, with progress on stderr under `label`. */
export async function withOwnServer<T>(
  { url, apiKey }: OwnServer,
  label: string,
  work: (server: Rubygems) => Promise<T>,
): Promise<T> {
  const { createRubygems } = await import('../rubygems/client.js')
  return withNamedServer((outbound) =>
    withProgress(label, () => work(createRubygems({ host: url, outbound, apiKey }))),
  )
}
