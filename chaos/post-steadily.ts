import { type Client, pause } from './client.js'

/**
 * Posts at a rate that does not wait for answers, as many senders together would, until it is told to stop; `stop`
 * resolves when all are accepted.
 */
export function postSteadily(client: Client, eventsPerSecond: number): { stop(): Promise<unknown> } {
  const begun = performance.now()
  const posts = new Set<Promise<unknown>>()
  let stopped = false

  const keepPace = async () => {
    for (let count = 0; !stopped; await pause(1000 / eventsPerSecond))
      for (; count < ((performance.now() - begun) / 1000) * eventsPerSecond; count += 1) {
        const post = client.post().finally(() => posts.delete(post))
        posts.add(post)
      }
  }

  const pacing = keepPace()
  return {
    async stop() {
      stopped = true
      await pacing
      await Promise.all(posts)
    },
  }
}
