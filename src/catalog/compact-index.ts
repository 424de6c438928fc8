import express, { type Request, type Response, type Router } from 'express'
import { type Answer, send, text } from './answer.js'
import { goneSignal, whileThere } from './gone.js'
import { type IndexFile, smallFile } from './index-file.js'
import { infoOf } from './info.js'
import { createNamesFile } from './names-file.js'
import { readSegment } from './parameters.js'
import type { IndexedParts } from './parts.js'
import { pauseEvery } from './pause.js'
import { sendFile } from './send-file.js'
import { orUnavailable } from './unavailable.js'
import { createVersionsFile } from './versions-file.js'

/** The compact index: `/versions`, `/info/NAME` and `/names` (protocol/rubygems-api.md §6). */
export function compactIndexRouter(parts: IndexedParts): Router {
  const router = express.Router()
  const versionsFile = createVersionsFile(parts)
  const namesFile = createNamesFile(parts)
  const serve =
    (find: (gone: AbortSignal, req: Request) => Promise<IndexFile | Answer>) =>
    async (req: Request, res: Response) => {
      const gone = goneSignal(res)
      await whileThere(gone, parts.log, async () => {
        const found = await orUnavailable(unavailable, parts.log, () => find(gone, req))
        if ('status' in found) send(res, found)
        else await sendFile(found, req, res)
      })
    }
  router.get(/^\/versions\/?$/, serve(versionsFile))
  router.get(/^\/names\/?$/, serve(namesFile))
  router.get(
    /^\/info\/[^/]+\/?$/,
    serve((_gone, req) => infoFile(req.path, parts)),
  )
  return router
}

const unavailable = 'The index is currently unavailable. Please try again later.'
const payloadsAtOnce = 100

async function infoFile(path: string, { ledger }: IndexedParts): Promise<IndexFile | Answer> {
  const gemName = readSegment(path.split('/')[2] ?? '')
  const info = gemName.ok
    ? await infoOf(gemName.value, ledger.catalog, pauseEvery(payloadsAtOnce))
    : undefined
  return info === undefined ? text(404, 'This gem could not be found') : smallFile(Buffer.from(info))
}
