import { type Client, pause } from './client.js'

/**
 * Posts at a rate that does not wait for answers, as many senders together would, until it is told to stop; `stop`
 * resolves when all are accepted, and rejects when one was not.
 */
export function postSteadily(client: Client, eventsPerSecond: number): { stop(): Promise<unknown> } {
  const begun = performance.now()
  const posts = new Set<Promise<unknown>>()
  const failures: unknown[] = []
  let stopped = false

  const keepPace = async () => {
    for (let count = 0; !stopped && !client.closed; await pause(1000 / eventsPerSecond))
      for (; count < ((performance.now() - begun) / 1000) * eventsPerSecond; count += 1) {
        const post = client
          .post()
          .catch((error) => failures.push(error))
          .finally(() => posts.delete(post))
        posts.add(post)
      }
  }

  const pacing = keepPace()
  return {
    async stop() {
      stopped = true
      await pacing
      await Promise.all(posts)
      if (failures.length > 0) throw failures[0]
    },
  }
}
