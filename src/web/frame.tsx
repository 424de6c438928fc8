import { version } from '../about.js'
import { assets } from './assets.js'
import { KeyHelp } from './key-help.js'
import { Mark } from './mark.js'
import { Notice } from './parts/notice.js'
import { rooms } from './rooms.js'
import type { Page } from './send-page.js'
import type { Session } from './session.js'

/** A whole document: what all pages have, and one page in it. `now` lets the script reckon by the server's clock, ms. */
export function Frame({ page, session, now }: { page: Page; session: Session | undefined; now: number }) {
  const { style, script, icon } = assets()
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${page.title} - gemherald`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href={icon.href} type="image/svg+xml" />
        <link rel="stylesheet" href={style.href} />
        {page.feed !== undefined && (
          <link rel="alternate" type="application/atom+xml" href={page.feed.href} title={page.feed.title} />
        )}
        <script src={script.href} defer />
      </head>
      <body data-now={now} data-live-from={session === undefined ? undefined : '/live'}>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <Header page={page} session={session} />
        <main id="content" tabIndex={-1}>
          <div class="heading">
            <h1>{page.heading ?? page.title}</h1>
            {page.aside !== undefined && (
              <div class="cluster" data-live="aside">
                {page.aside}
              </div>
            )}
          </div>
          {page.notice != null && <Notice tone={page.notice.tone}>{page.notice.text}</Notice>}
          {page.body}
        </main>
        <Footer hasKeys={session !== undefined} />
        <p id="say" class="say" role="status" />
        {session !== undefined && <KeyHelp />}
      </body>
    </html>
  )
}

function Header({ page, session }: { page: Page; session: Session | undefined }) {
  return (
    <header class="top">
      <a class="brand" href="/">
        <Mark />
        gemherald
      </a>
      {session !== undefined && (
        <nav aria-label="Rooms">
          {rooms.map(({ room, name, path, key }) => (
            <a key={room} href={path} data-go={key} aria-current={page.room === room ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
      )}
      {session !== undefined && <Account session={session} />}
    </header>
  )
}

function Account({ session: { account, csrf } }: { session: Session }) {
  return (
    <form class="account" method="post" action="/sign-out">
      <input type="hidden" name="csrf" value={csrf} />
      <span class="muted" title="The account that you are signed in as">
        <span class="visually-hidden">Signed in as </span>
        {account}
      </span>
      <button type="submit" class="plain">
        Sign out
      </button>
    </form>
  )
}

function Footer({ hasKeys }: { hasKeys: boolean }) {
  return (
    <footer>
      <span>gemherald {version}</span>
      <a href="/feed.atom">Feed</a>
      <a href="/api/openapi.json">API</a>
      {hasKeys && (
        <button type="button" class="plain scripted-only" data-opens="keys">
          Keys
        </button>
      )}
    </footer>
  )
}
