/** Things that arrive one by one, and a way to wait for them. */
export interface Inbox<T> {
  readonly all: T[]
  add(item: T): void
  /**
   * Resolves with everything that has arrived as soon as there are `what` things, or as soon as `what` is true of them.
   * Rejects after `timeoutMs`.
   */
  waitFor(what: number | ((all: T[]) => boolean), timeoutMs?: number): Promise<T[]>
}

export function createInbox<T>(): Inbox<T> {
  const all: T[] = []
  const checks = new Set<() => void>()
  return {
    all,
    add(item) {
      all.push(item)
      for (const check of checks) check()
    },
    waitFor(what, timeoutMs = 5000) {
      const enough = typeof what === 'number' ? () => all.length >= what : () => what(all)
      return new Promise((resolve, reject) => {
        const check = () => {
          if (!enough()) return
          stop()
          resolve(all)
        }
        const timer = setTimeout(() => {
          stop()
          reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}; ${all.length} arrived.`))
        }, timeoutMs)
        const stop = () => {
          clearTimeout(timer)
          checks.delete(check)
        }
        checks.add(check)
        check()
      })
    },
  }
}
