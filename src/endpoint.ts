/** How an endpoint is reached. */
export type Channel = 'webhook' | 'slack' | 'email'

export const channels: readonly Channel[] = ['webhook', 'slack', 'email']
