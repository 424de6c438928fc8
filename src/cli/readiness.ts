import { z } from 'zod'
import { withNamedServer } from './named-server.js'

/** What a server says of itself; `unreachable`: none answered as gemherald does, and the one problem says why. */
export interface Readiness {
  state: 'ready' | 'not ready' | 'unreachable'
  /** Strangers' text, as far as a server wrote it. */
  problems: string[]
  warnings: string[]
}

const patienceMs = 2_000

/** Asks the server at `url` (base URL, without a slash at its end) whether it is there and ready; gives up after 2 s. */
export function askReadiness(url: string): Promise<Readiness> {
  return withNamedServer(async (outbound) => {
    const answer = await outbound.request({ url: `${url}/readyz`, method: 'GET', timeoutMs: patienceMs })
    if (!answer.ok) return unreachable(answer.problem.message)
    return readAnswer(answer.value.status, answer.value.body.toString(), new URL(url).host)
  })
}

const ownAnswer = z.object({
  status: z.enum(['ready', 'not ready']),
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
})

function readAnswer(status: number, body: string, host: string): Readiness {
  const answer = ownAnswer.safeParse(parseJson(body))
  if (!answer.success) return unreachable(`${host}: what answers there is no gemherald (HTTP ${status})`)
  return { state: answer.data.status, problems: answer.data.problems, warnings: answer.data.warnings }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function unreachable(problem: string): Readiness {
  return { state: 'unreachable', problems: [problem], warnings: [] }
}
