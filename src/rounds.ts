/** Work that is done in rounds, never two at once. */
export interface Rounds {
  start(): void
  /** There may be something to do: a round begins now, or another one right after the one under way. */
  wake(): void
  /** No more rounds; resolves when the one under way has ended. */
  stop(): Promise<void>
}

export interface RoundsParts {
  /** One round; how long to sleep after it when nobody wakes, ms. What it throws is a bug, and ends the process. */
  round(): Promise<number>
  /** How long to leave the event loop to others before each round, ms; 0 is one turn of it. */
  gapMs(): number
}

export function createRounds({ round, gapMs }: RoundsParts): Rounds {
  let running = false
  let woken = false
  let current: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const wake = () => {
    woken = true
    if (!running || current !== undefined) return
    clearTimeout(timer)
    current = workUntilIdle().finally(() => {
      current = undefined
      if (woken) wake()
    })
  }

  const workUntilIdle = async () => {
    let sleepMs = 0
    while (running && woken) {
      woken = false
      await pause(gapMs())
      sleepMs = await round()
    }
    if (running) timer = setTimeout(wake, sleepMs)
  }

  return {
    start() {
      running = true
      wake()
    },
    wake,
    async stop() {
      running = false
      clearTimeout(timer)
      await current
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)))
}
