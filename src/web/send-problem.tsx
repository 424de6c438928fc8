import type { Response } from 'express'
import { sendPage } from './send-page.js'

/** Answers with a page that says what went wrong and what to do. */
export function sendProblem(
  res: Response,
  { status, title, text }: { status: number; title: string; text: string },
): void {
  sendPage(res, {
    title,
    room: null,
    status,
    body: (
      <div class="stack">
        <p>{text}</p>
        <p>
          <a class="button" href="/">
            To the releases
          </a>
        </p>
      </div>
    ),
  })
}
