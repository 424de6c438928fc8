import { userAgent } from '../src/about.js'
import { type ChannelParts, type Channels, createChannels } from '../src/channels/channels.js'
import { compileAllow } from '../src/outbound/address.js'
import { createOutbound, type Outbound } from '../src/outbound/client.js'

/**
 * A worker's channels. Where they may go is said by each job's server, not by the worker's own settings, so that what
 * was refused on registration is refused here, too. Servers seldom differ, so there is one set for each allow list.
 */
export function createWorkerChannels(parts: Omit<ChannelParts, 'outbound' | 'inbox'>): Channels {
  const sets = new Map<string, { outbound: Outbound; channels: Channels }>()

  const setFor = (allow: readonly string[]) => {
    const key = allow.join(',')
    const known = sets.get(key)
    if (known !== undefined) return known
    const compiled = compileAllow(allow)
    if (!compiled.ok)
      throw new Error(`A job came with an allow list that no server sends: ${compiled.problem.message}`)
    const outbound = createOutbound({ allow: compiled.value, userAgent })
    const set = { outbound, channels: createChannels({ ...parts, outbound, inbox: null }) }
    sets.set(key, set)
    return set
  }

  return {
    attempt: (job) => setFor(job.allow).channels.attempt(job),
    async close() {
      for (const { channels, outbound } of sets.values()) {
        await channels.close()
        await outbound.close()
      }
    },
  }
}
