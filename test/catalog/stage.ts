import express from 'express'
import { type Logger, pino } from 'pino'
import { catalogRouter } from '../../src/catalog/router.js'
import type { Catalog } from '../../src/ledger/catalog.js'
import { openTempLedger, type TempLedger, testTime } from '../helpers/temp-ledger.js'
import { ask, serve, type WireAnswer } from '../manage/stage.js'

/** The read routes on a real port, with a real ledger. */
export interface Stage {
  temp: TempLedger
  /** Where it listens. */
  url: string
  /** What was logged, one object a line. */
  logged: Record<string, unknown>[]
  /** Keeps a webhook about a release that was created at `createdAt`; `changes` go to the payload. */
  push(name: string, version: string, createdAt: number, changes?: Record<string, unknown>): void
  /** Keeps one that says that the release is yanked. */
  yank(name: string, version: string, changes?: Record<string, unknown>): void
  /** One request, with no header but these and `Host`. */
  ask(path: string, headers?: Record<string, string>, method?: string): Promise<WireAnswer>
  /** What a JSON answer says; fails unless the status is 200. */
  json(path: string): Promise<unknown>
  close(): Promise<void>
}

/** When a release was created, in minutes before the time of the tests. */
export const minutesAgo = (minutes: number) => testTime - minutes * 60_000

export async function openStage(catalogChanges: Partial<Catalog> = {}): Promise<Stage> {
  const temp = openTempLedger()
  const logged: Record<string, unknown>[] = []
  const { installation, catalog } = temp.ledger
  const ledger = { ...temp.ledger, installation, catalog: { ...catalog, ...catalogChanges } }
  const router = catalogRouter({ ledger, now: () => testTime, log: keepingLog(logged) })
  const nothing: express.RequestHandler = (_req, res) => {
    res.status(404).send('nothing here')
  }
  const port = await serve(express().use(router).use(nothing))
  const send: Stage['ask'] = (path, headers = {}, method = 'GET') =>
    ask(port.number, method, path, { key: null, headers })

  return {
    temp,
    url: `http://127.0.0.1:${port.number}`,
    logged,
    push(name, version, createdAt, changes = {}) {
      temp.arrive({ name, version, version_created_at: new Date(createdAt).toISOString(), ...changes })
    },
    yank(name, version, changes = {}) {
      temp.arrive({ name, version, yanked: true, ...changes })
    },
    ask: send,
    async json(path) {
      const { status, body } = await send(path)
      if (status !== 200) throw new Error(`${path} is answered ${status}: ${body}`)
      return JSON.parse(body)
    },
    async close() {
      await port.close()
      temp.remove()
    },
  }
}

function keepingLog(lines: Record<string, unknown>[]): Logger {
  return pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) })
}
