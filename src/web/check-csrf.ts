import type { RequestHandler } from 'express'
import type { Signer } from '../secret.js'
import { field } from './form.js'
import { sendProblem } from './send-problem.js'
import { sessionIn } from './session.js'

/** Refuses what would change something, unless its form was made for this session (field `csrf`). */
export function checkCsrf(signer: Signer): RequestHandler {
  return (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next()
    if (signer.verify(field(req, 'csrf') ?? '') === sessionIn(res).hash) return next()
    return sendProblem(res, {
      status: 403,
      title: 'This form is out of date',
      text: 'Nothing was changed. The form was made before you last signed in, or on another site. Open the page again, and repeat it there.',
    })
  }
}
