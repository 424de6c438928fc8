import type { Rubygems } from '../rubygems/client.js'
import { withProgress } from './progress.js'

/** A running gemherald, as its users reach it. */
export interface OwnServer {
  /** Base URL, without a slash at its end. */
  url: string
  apiKey: string
}

/**
 * Has `work` talk to a running gemherald, which speaks RubyGems.org's API, with progress on stderr under `label`. Any
 * address may be called: the user named the server. Connections end with the work.
 */
export async function withOwnServer<T>(
  { url, apiKey }: OwnServer,
  label: string,
  work: (server: Rubygems) => Promise<T>,
): Promise<T> {
  const [{ createRubygems }, { createOutbound }, { compileAllow }, { userAgent }] = await Promise.all([
    import('../rubygems/client.js'),
    import('../outbound/client.js'),
    import('../outbound/address.js'),
    import('../about.js'),
  ])
  const anywhere = compileAllow(['0.0.0.0/0', '::/0'])
  if (!anywhere.ok) throw new Error(anywhere.problem.message)
  const outbound = createOutbound({ allow: anywhere.value, userAgent })
  try {
    return await withProgress(label, () => work(createRubygems({ host: url, outbound, apiKey })))
  } finally {
    await outbound.close()
  }
}
