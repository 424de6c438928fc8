import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { isStorageTrouble } from '../ledger/open.js'
import { sendProblem } from './send-problem.js'

/** Answers what a page threw with a page. */
export function answerError(log: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, req, res: Response, _next) => {
    const status = (error as { status?: unknown } | null)?.status
    const isTheirs = typeof status === 'number' && status >= 400 && status < 500
    // Without the path: that of a one-time link is as good as a key.
    if (!isTheirs) log.error({ err: error, method: req.method }, 'a page failed')
    if (res.headersSent) return res.destroy()
    if (isTheirs)
      return sendProblem(res, {
        status,
        title: 'The request cannot be read',
        text: 'Nothing was changed. What was sent is too large, or not what a form of this page sends.',
      })
    if (isStorageTrouble(error))
      return sendProblem(res, {
        status: 503,
        title: 'The ledger cannot be used now',
        text: 'Nothing was changed. Look at the disk that DATA_DIR lies on, then load the page again.',
      })
    return sendProblem(res, {
      status: 500,
      title: 'gemherald failed',
      text: 'This is a bug in gemherald. The log of the server says what happened.',
    })
  }
}
