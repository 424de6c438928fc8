import type { Outbound } from '../outbound/client.js'

/**
 * Has `work` make requests to a server that the user named, whatever its address: the outbound guard is for addresses that
 * strangers give. Connections end with the work.
 */
export async function withNamedServer<T>(work: (outbound: Outbound) => Promise<T>): Promise<T> {
  const [{ createOutbound }, { compileAllow }, { userAgent }] = await Promise.all([
    import('../outbound/client.js'),
    import('../outbound/address.js'),
    import('../about.js'),
  ])
  const anywhere = compileAllow(['0.0.0.0/0', '::/0'])
  if (!anywhere.ok) throw new Error(anywhere.problem.message)
  const outbound = createOutbound({ allow: anywhere.value, userAgent })
  try {
    return await work(outbound)
  } finally {
    await outbound.close()
  }
}
