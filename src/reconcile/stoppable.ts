import type { Rubygems } from '../rubygems/client.js'
import { failure, type UpstreamFailure, type UpstreamResult } from '../rubygems/result.js'

/** What is read of the upstream to catch up. */
export type UpstreamReads = Pick<Rubygems, 'timeframe' | 'release' | 'versionDownloads' | 'versionsIndex'>

/** The same reads, which fail as `unavailable` as soon as the signal is aborted, whatever the upstream still does. */
export function stoppable(rubygems: UpstreamReads, signal: AbortSignal): UpstreamReads {
  const orStopped = <T>(work: () => Promise<T>): Promise<T | UpstreamFailure> =>
    new Promise((resolve, reject) => {
      const stop = () => resolve(stopped())
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop, { once: true })
      work()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', stop))
    })
  return {
    release: (release, options) => orStopped(() => rubygems.release(release, options)),
    versionDownloads: (name, options) => orStopped(() => rubygems.versionDownloads(name, options)),
    versionsIndex: (copy, options) => orStopped(() => rubygems.versionsIndex(copy, options)),
    async *timeframe(range, options) {
      const pages = rubygems.timeframe(range, options)[Symbol.asyncIterator]()
      for (;;) {
        const next = await orStopped(() => pages.next())
        // Its iterator is left alone: to end it would mean to wait for the upstream.
        if ('ok' in next) return yield next
        if (next.done) return
        yield next.value
      }
    },
  }
}

function stopped(): UpstreamFailure & UpstreamResult<never> {
  return failure('unavailable', 'Catching up was cut short: gemherald is stopping.')
}
