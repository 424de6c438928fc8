import type { Client } from './client.js'

/** Posts at a rate that does not wait for answers, until it is told to stop; `stop` resolves when all are accepted. */
export function postSteadily(client: Client, eventsPerSecond: number): { stop(): Promise<unknown> } {
  const posts: Promise<unknown>[] = []
  const timer = setInterval(() => posts.push(client.post()), 1000 / eventsPerSecond)
  return {
    stop: () => {
      clearInterval(timer)
      return Promise.all(posts)
    },
  }
}
