import express, { Router } from 'express'
import { pino } from 'pino'
import { createSigner, hashKey } from '../../src/secret.js'
import { field } from '../../src/web/form.js'
import { frameRouter } from '../../src/web/frame-router.js'
import { createLive, type Live } from '../../src/web/live.js'
import { secureHeaders } from '../../src/web/secure-headers.js'
import { sendPage } from '../../src/web/send-page.js'
import { sessionIn } from '../../src/web/session.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { serve } from '../manage/stage.js'

export const key = 'gh_key_of_the_default_account'
export const otherKey = 'gh_key_of_another_account'

/** An answer of the frame, as a browser sees it. */
export interface Seen {
  status: number
  headers: Headers
  body: string
  /** Where it leads; null when it is no redirect. */
  location: string | null
}

/** Somebody at a browser: cookies are kept, redirects are not followed. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>, method?: 'GET' | 'HEAD'): Promise<Seen>
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Seen>
  /** Signs in with a key (the one of account `default` unless told); rejects when that fails. */
  signIn(key?: string): Promise<void>
  /** The token of the forms on the page that is shown at `/`. */
  csrf(): Promise<string>
  /** Name and value of the session's cookie; undefined without one. */
  cookie(): string | undefined
  /** Has the browser send this cookie from now on. */
  bring(cookie: string): void
}

/** A timer that a test lets pass. */
interface Timer {
  ms: number
  work(): void
}

/**
 * The frame on a real port, around a room of its own: GET / shows the account, POST /hooks counts, GET /dead fails with what
 * `failure` holds. Rooms that are given go before it.
 */
export interface FrameStage {
  url: string
  port: number
  temp: TempLedger
  live: Live
  /** Timers of the live updates that are running. */
  timers: Set<Timer>
  /** Lets the time of all timers of this length pass, once. */
  pass(ms: number): void
  /** ms since the epoch, to be moved. */
  clock: { now: number }
  /** How often POST /hooks came through. */
  posts: string[]
  failure: { error: unknown }
  logged: Record<string, unknown>[]
  visitor(): Visitor
  close(): Promise<void>
}

export async function openFrameStage(
  publicUrl = 'http://127.0.0.1:8790',
  rooms: readonly Router[] = [],
): Promise<FrameStage> {
  const temp = openTempLedger()
  for (const [account, text] of [
    ['default', key],
    ['team-a', otherKey],
  ] as const)
    temp.ledger.accounts.addKey(
      temp.account(account),
      { name: '1', hash: hashKey(text), sealed: text },
      testTime,
    )
  const clock = { now: testTime }
  const now = () => clock.now
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) })
  const csrfSigner = createSigner('the secret of the installation', 'csrf')
  const timers = new Set<Timer>()
  const live = createLive({
    ledger: temp.ledger,
    csrfSigner,
    now,
    log,
    after(ms, work) {
      const timer = { ms, work }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  })
  const posts: string[] = []
  const failure = { error: undefined as unknown }
  const room = roomOf(posts, failure)
  const app = express().use(secureHeaders)
  const parts = { ledger: temp.ledger, live, csrfSigner, publicUrl: () => publicUrl, now, log }
  app.use(frameRouter(parts, [...rooms, room]))
  app.use((_req, res) => void res.status(404).json({ error: 'not of the page' }))
  const port = await serve(app)
  const url = `http://127.0.0.1:${port.number}`

  return {
    url,
    port: port.number,
    temp,
    live,
    timers,
    pass(ms) {
      for (const timer of [...timers].filter((one) => one.ms === ms)) {
        timers.delete(timer)
        timer.work()
      }
    },
    clock,
    posts,
    failure,
    logged,
    visitor: () => visitorOf(url),
    async close() {
      live.stop()
      await port.close()
      temp.remove()
    },
  }
}

function roomOf(posts: string[], failure: { error: unknown }): Router {
  const room = Router()
  room.get('/', (_req, res) => {
    const { account, isOperator } = sessionIn(res)
    sendPage(res, { title: 'Releases', room: 'releases', body: <p>{`${account} ${isOperator}`}</p> })
  })
  room.post('/hooks', (req, res) => {
    posts.push(field(req, 'gem') ?? '')
    res.redirect(303, '/hooks')
  })
  room.get('/dead', () => {
    throw failure.error
  })
  return room
}

function visitorOf(url: string): Visitor {
  let cookie: string | undefined
  const ask = async (
    path: string,
    { headers, ...init }: RequestInit & { headers: Record<string, string> },
  ) => {
    const answer = await fetch(`${url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
    })
    for (const line of answer.headers.getSetCookie()) {
      const given = line.slice(0, line.indexOf(';'))
      cookie = given.endsWith('=') ? undefined : given
    }
    const { status } = answer
    return {
      status,
      headers: answer.headers,
      body: await answer.text(),
      location: answer.headers.get('location'),
    }
  }
  const visitor: Visitor = {
    get: (path, headers = {}, method = 'GET') => ask(path, { method, headers }),
    post: (path, fields, headers = {}) =>
      ask(path, { method: 'POST', body: new URLSearchParams(fields), headers }),
    async signIn(text = key) {
      const { status } = await visitor.post('/sign-in', { key: text })
      if (status !== 303) throw new Error(`Not signed in: ${status}`)
    },
    async csrf() {
      const { body } = await visitor.get('/')
      const [, token] = /name="csrf" value="([^"]+)"/.exec(body) ?? []
      if (token === undefined) throw new Error(`No form with a token:\n${body}`)
      return token
    },
    cookie: () => cookie,
    bring(other) {
      cookie = other
    },
  }
  return visitor
}
