import type { Response } from 'express'
import { sendPage } from './send-page.js'

/**
 * Answers with a page that goes on to a path of this server by itself. After a redirect that another site began, browsers
 * would not send the session's cookie; after a page of this server they do.
 */
export function sendGoOn(res: Response, path: string, title: string): void {
  res.set('Refresh', `0; url=${path}`)
  sendPage(res, {
    title,
    room: null,
    body: (
      <p>
        <a class="button primary" href={path}>
          Go on
        </a>
      </p>
    ),
  })
}
