import express, { type Request, type Response, type Router } from 'express'
import type { Problem } from '../error.js'
import { type Answer, jsonError, send, stopped, text } from './answer.js'
import { authenticate } from './authenticate.js'
import { calledGem, gemNotFound, gemToRemove, withGemForAll } from './called-gem.js'
import { createHook } from './create.js'
import { type FireCall, fireHook } from './fire.js'
import { type Format, frameworkError, requestFormat } from './format.js'
import { createGemLookup, type FoundGem } from './gem-lookup.js'
import { listHooks } from './listing.js'
import { noteUse } from './note-use.js'
import { type Parameters, readParameters } from './parameters.js'
import type { ManageParts } from './parts.js'
import { removeHook } from './remove.js'
import { createThrottle } from './throttle.js'

export type { ManageParts } from './parts.js'

/** Someone with a valid key asks for something. */
interface Call {
  accountId: number
  parameters: Parameters
  format: Format
}

/** The v1 web_hooks API, as RubyGems.org answers it (protocol/rubygems-webhooks.md §1-§6). */
export function manageRouter(parts: ManageParts): Router {
  const { accounts, hooks, releases } = parts.ledger
  const gems = createGemLookup({ ...parts, releases })
  const findGem = (gemName: string, { accountId }: Call) => calledGem(gems, gemName, accountId)

  const list = ({ accountId, format }: Call) => listHooks(hooks.list(accountId), format)

  const create = onHook(findGem, (call) => createHook(call, parts))

  const remove = onHook(
    (gemName, { accountId, parameters: { url } }) => gemToRemove(gems, hooks, { accountId, gemName, url }),
    (call) => removeHook(call, parts),
  )

  const fire = onHook(findGem, async (call) => fireHook(await withGemForAll(gems, call), parts))

  const handle =
    (action: (call: Call) => Answer | Promise<Answer>) => async (req: Request, res: Response) => {
      const format = requestFormat(req.path, req.headers.accept)
      const parameters = await readParameters(req, res)
      if (!parameters.ok) return send(res, stopped(unreadable(parameters.problem, format)))
      const caller = authenticate(req, accounts, parts.now())
      if (caller === undefined) return send(res, stopped(denied))
      noteUse(caller.keyHash, parts.now(), { accounts, log: parts.log })
      send(res, await action({ accountId: caller.accountId, parameters: parameters.value, format }))
    }

  const router = express.Router()
  router.get(pathOf('web_hooks'), handle(list))
  router.post(pathOf('web_hooks'), handle(create))
  router.delete(pathOf('web_hooks/remove'), handle(remove))
  const throttle = createThrottle(parts)
  router.post(pathOf('web_hooks/fire'), throttle, handle(fire))
  return router
}

const denied = text(401, 'Access Denied. Please sign up for an account at https://rubygems.org')

/** A path with or without a format suffix, which is not constrained (§1). */
function pathOf(name: string): RegExp {
  return new RegExp(`^/api/v1/${name}(?:\\.[^./]+)?/?$`)
}

/** Checks gem and URL before `act`, in RubyGems.org's order (§2.3). */
function onHook(
  find: (gemName: string, call: Call) => Promise<FoundGem | undefined>,
  act: (call: FireCall) => Answer | Promise<Answer>,
): (call: Call) => Promise<Answer> {
  return async (call) => {
    const { gemName, url, channel, kind } = call.parameters
    const gem = gemName === null ? undefined : await find(gemName, call)
    if (gemName === null || gem === undefined) return stopped(text(404, gemNotFound))
    if (url === null) return stopped(jsonError(400, 'URL was not provided'))
    return act({ accountId: call.accountId, gemName, url, channel, kind, gem })
  }
}

function unreadable({ code, message }: Problem, format: Format): Answer {
  if (code === 'too_large') return jsonError(413, message)
  return code === 'forbidden' ? jsonError(400, 'bad request') : frameworkError(400, format)
}
