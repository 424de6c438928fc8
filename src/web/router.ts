import { Router } from 'express'
import { deadPages } from './dead/dead-pages.js'
import { answerMissingPage, frameRouter } from './frame-router.js'
import { hooksPages } from './hooks/hooks-pages.js'
import { inboxPages } from './inbox/inbox-pages.js'
import { releasePages } from './release/release-pages.js'
import { releasesPages } from './releases/releases-pages.js'
import { setupPages } from './setup/setup-pages.js'
import type { WebParts } from './web-parts.js'

/** The page: its frame, its rooms, and an answer for browsers that look for one anywhere else. */
export function webRouter(parts: WebParts): Router {
  const rooms = [releasesPages, releasePages, deadPages, hooksPages, inboxPages, setupPages]
  const frame = frameRouter(
    parts,
    rooms.map((pagesOf) => pagesOf(parts)),
  )
  return Router().use(frame).use(answerMissingPage)
}
