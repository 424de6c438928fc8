import { plain } from '../plain-text.js'
import type { OutputStream } from './output.js'
import { writeQuietly } from './quiet-pipe.js'

const quietSeconds = 2
const secondsBetweenLines = 10

/**
 * Does the work, and while it takes more than 2 s says on stderr what is done, what was last reported and for how long:
 * on a terminal in one line that is rewritten and cleared at the end, elsewhere in a line at first and every 10 s.
 * Gives or throws what the work does. Print nothing while it runs.
 */
export async function withProgress<T>(
  label: string,
  work: (report: (text: string) => void) => Promise<T>,
  stream: OutputStream & { columns?: number } = process.stderr,
): Promise<T> {
  const begun = performance.now()
  const show = stream.isTTY ? rewrittenLine(stream) : spacedLines(stream)
  let reported = ''
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1_000)
    if (seconds >= quietSeconds) show.say(`${label}${reported === '' ? '' : `: ${reported}`}`, seconds)
  }, 1_000)
  try {
    return await work((text) => {
      reported = text
    })
  } finally {
    clearInterval(timer)
    show.end()
  }
}

interface Display {
  say(text: string, seconds: number): void
  end(): void
}

/** Blanks instead of escape sequences, so that it works on any terminal. */
function rewrittenLine(stream: OutputStream & { columns?: number }): Display {
  let shown = 0
  return {
    say(text, seconds) {
      const elapsed = ` (${seconds} s)`
      // A line that wraps could not be rewritten.
      const room = Math.max((stream.columns || 80) - 1 - elapsed.length, 1)
      const line = plain(text, room) + elapsed
      writeQuietly(stream, `\r${line}${' '.repeat(Math.max(shown - line.length, 0))}`)
      shown = line.length
    },
    end() {
      if (shown > 0) writeQuietly(stream, `\r${' '.repeat(shown)}\r`)
    },
  }
}

function spacedLines(stream: OutputStream): Display {
  let next = quietSeconds
  return {
    say(text, seconds) {
      if (seconds < next) return
      next = seconds + secondsBetweenLines
      writeQuietly(stream, `${plain(text, 200)} (${seconds} s)\n`)
    },
    end() {},
  }
}
