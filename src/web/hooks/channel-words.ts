import type { Channel } from '../../endpoint.js'

/** How the page calls the channels. */
export const channelWords: Record<Channel, string> = {
  webhook: 'Webhook',
  slack: 'Slack',
  email: 'Email',
  inbox: 'Inbox',
}
