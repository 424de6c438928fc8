import type { Request } from 'express'
import { field } from '../form.js'
import { localPath } from '../local-path.js'
import { withParameter } from '../release/with-parameter.js'

/** Where a form that changed something leads to: its field `back`, else the hooks. `did` says there what was done. */
export function backTo(req: Request, did: string): string {
  return withParameter(localPath(field(req, 'back') ?? '/hooks'), 'did', did)
}
