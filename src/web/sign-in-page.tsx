import type { Response } from 'express'
import { ownCommand } from '../own-command.js'
import { Field } from './parts/field.js'
import { type PageNotice, sendPage } from './send-page.js'

interface SignInPage {
  /** Where it goes on afterwards: a path of this server. */
  to: string
  status?: number
  notice?: PageNotice | null
}

/** Answers with the form that asks for an API key. */
export function sendSignInPage(res: Response, { to, status = 200, notice = null }: SignInPage): void {
  sendPage(res, {
    title: 'Sign in',
    room: null,
    status,
    notice,
    body: (
      <div class="sign-in">
        <form class="panel stack" method="post" action="/sign-in">
          <input type="hidden" name="to" value={to} />
          <Field
            label="API key"
            name="key"
            type="password"
            required
            autocomplete="current-password"
            hint="It begins with gh_, unless you set GEMHERALD_API_KEY yourself."
          />
          <button type="submit" class="button primary">
            Sign in
          </button>
        </form>
        <section class="stack" aria-labelledby="no-key">
          <h2 id="no-key">No key at hand?</h2>
          <ul class="plain-list">
            <li>
              The first <code>npm start</code> printed the key of account <code>default</code> once.
            </li>
            <li>
              <code>{ownCommand} keys create NAME</code> makes a new key, where the server runs.
            </li>
            <li>
              <code>{ownCommand} sign-in</code> prints a link that signs you in once, without a key.
            </li>
          </ul>
        </section>
      </div>
    ),
  })
}
