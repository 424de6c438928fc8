import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TransportHealth } from '../../src/transport/transport.js'
import { healthRouter } from '../../src/web/health.js'
import { serve } from '../manage/stage.js'

let port: Awaited<ReturnType<typeof serve>>
let carrying: TransportHealth
let trouble: string | null
let warnings: string[]
beforeEach(async () => {
  carrying = { blocking: [], warnings: [] }
  trouble = null
  warnings = []
  const router = healthRouter({
    countPending: () => 3,
    transport: async () => carrying,
    storageTrouble: () => trouble,
    warnings: () => warnings,
  })
  port = await serve(express().use(router))
})
afterEach(() => port.close())

async function ready() {
  const answer = await fetch(`http://127.0.0.1:${port.number}/readyz`)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return { code: answer.status, body: await answer.json() }
}

describe('/readyz', () => {
  it('is ready when nothing is wrong', async () => {
    expect(await ready()).toEqual({
      code: 200,
      body: { status: 'ready', problems: [], warnings: [], pendingDeliveries: 3 },
    })
  })

  it('stays ready with any warnings, which it asks for every time', async () => {
    carrying.warnings.push('Redis forgets.')
    warnings.push('No webhook has come.', 'Failures rise.')
    expect(await ready()).toMatchObject({
      code: 200,
      body: {
        status: 'ready',
        problems: [],
        warnings: ['Redis forgets.', 'No webhook has come.', 'Failures rise.'],
      },
    })
    warnings = []
    expect(await ready()).toMatchObject({ body: { warnings: ['Redis forgets.'] } })
  })

  it('shows warnings beside what keeps it from being ready', async () => {
    trouble = 'disk full'
    carrying.blocking.push('Redis is gone.')
    warnings.push('No webhook has come.')
    expect(await ready()).toMatchObject({
      code: 503,
      body: {
        status: 'not ready',
        problems: ['Events cannot be stored: disk full.', 'Redis is gone.'],
        warnings: ['No webhook has come.'],
      },
    })
  })
})

it('/healthz only says that the process is alive', async () => {
  trouble = 'disk full'
  const answer = await fetch(`http://127.0.0.1:${port.number}/healthz`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ status: 'ok' })
})
