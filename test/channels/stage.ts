import { type ChannelParts, type Channels, createChannels } from '../../src/channels/channels.js'
import { compileAllow } from '../../src/outbound/address.js'
import { createOutbound, type Outbound } from '../../src/outbound/client.js'

/** The time of day in these tests. */
export const noon = Date.UTC(2026, 6, 29, 12, 0, 0, 987)

/** Channels that may reach this machine, with a clock that stands still. */
export function openStage(parts: Partial<ChannelParts> = {}): {
  channels: Channels
  close: () => Promise<void>
} {
  const outbound = parts.outbound ?? loopbackOutbound()
  const channels = createChannels({ mail: null, inbox: null, now: () => noon, ...parts, outbound })
  return {
    channels,
    async close() {
      await channels.close()
      await outbound.close()
    },
  }
}

function loopbackOutbound(): Outbound {
  const allow = compileAllow(['127.0.0.0/8', '::1/128'])
  if (!allow.ok) throw new Error(allow.problem.message)
  return createOutbound({ allow: allow.value, userAgent: 'gemherald/test' })
}
