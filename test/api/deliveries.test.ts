import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { gaveUp, openStage, otherKey, rowsOf, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

interface Row {
  id: number
  state: string
}
const list = async (query = '', useKey?: string) =>
  rowsOf<Row>(await stage.get(`/api/v1/deliveries.json${query}`, useKey), 'deliveries')
const only = async () => {
  const [row, ...others] = await list()
  if (row === undefined || others.length > 0) throw new Error('There is not one delivery.')
  return row.id
}

describe('a list of deliveries', () => {
  it('is narrowed by state, endpoint, event and time, for the account alone', async () => {
    const first = stage.temp.hook({ url: 'http://127.0.0.1:9/first' })
    const event = stage.release('rails', '8.0.0')
    stage.attempt(gaveUp, testTime)
    const second = stage.temp.hook({ url: 'http://127.0.0.1:9/second' })
    stage.release('rails', '8.0.1')
    stage.temp.hook({ account: 'second' })
    const [newest, , oldest] = await list()

    expect(await list()).toHaveLength(3)
    expect(await list('', otherKey)).toEqual([])
    expect(await list('?state=dead')).toEqual([oldest])
    expect(await list('?state=pending')).toHaveLength(2)
    expect(await list(`?endpoint=${first}`)).toHaveLength(2)
    expect(await list(`?endpoint=${second}`)).toEqual([newest])
    expect(await list(`?event=${event}`)).toEqual([oldest])
    const at = new Date(testTime).toISOString()
    expect(await list(`?state=dead&since=${at}`)).toEqual([oldest])
    expect(await list(`?state=dead&until=${at}`)).toEqual([])
  })

  it('goes on page by page, whatever the states', async () => {
    stage.temp.hook({ url: 'http://127.0.0.1:9/first' })
    stage.temp.hook({ url: 'http://127.0.0.1:9/second' })
    stage.release('rails', '8.0.0')
    stage.attempt()
    stage.release('rails', '8.0.1')
    const all = await list()
    const seen: Row[] = []
    let cursor = ''
    do {
      const page = await stage.get(`/api/v1/deliveries.json?limit=3${cursor}`)
      seen.push(...rowsOf<Row>(page, 'deliveries'))
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`
    } while (cursor !== '')
    expect(seen).toEqual(all)
    expect(all).toHaveLength(4)
  })
})

describe('a delivery', () => {
  beforeEach(() => {
    stage.temp.hook()
    stage.release('rails', '8.0.0')
  })

  it('tells of every attempt', async () => {
    stage.attempt({ ...gaveUp, response: 'no such thing <b>' })
    const { body } = await stage.get(`/api/v1/deliveries/${await only()}.json`)
    expect(body).toMatchObject({
      state: 'dead',
      event: { gem_name: 'rails', number: '8.0.0', kind: 'pushed' },
      endpoint: { channel: 'webhook', url: 'http://127.0.0.1:9/hook', disabled: false },
      attempts: 1,
      finished_at: '2026-09-01T12:00:00.000Z',
      next_try_at: null,
      last_status: 404,
      last_error: 'It answered 404.',
      tries: [{ number: 1, duration_ms: 12, verdict: 'dead', status: 404, response: 'no such thing <b>' }],
    })
  })

  it('is sent again when somebody asks for it', async () => {
    stage.attempt(gaveUp)
    const id = await only()
    const told = await stage.post(`/api/v1/deliveries/${id}/redeliver`)
    expect(told).toMatchObject({ status: 200, body: { id, state: 'pending', finished_at: null } })
    expect(stage.wakes()).toBe(1)
    expect(stage.temp.due()).toMatchObject([{ deliveryId: id, attempt: 2 }])
  })

  it('can be asked for with a format, too', async () => {
    stage.attempt(gaveUp)
    const told = await stage.post(`/api/v1/deliveries/${await only()}/redeliver.json`)
    expect(told.status).toBe(200)
  })

  it('is not sent twice at a time', async () => {
    const told = await stage.post(`/api/v1/deliveries/${await only()}/redeliver`)
    expect(told).toEqual({
      status: 409,
      body: { error: 'This delivery is under way already: wait for its outcome.' },
    })
    expect(stage.wakes()).toBe(0)
  })

  it('is not sent to an endpoint that is disabled', async () => {
    stage.attempt(gaveUp)
    const [{ id } = { id: 0 }] = rowsOf<Row>(await stage.get('/api/v1/endpoints.json'), 'endpoints')
    await stage.post(`/api/v1/endpoints/${id}/disable`)
    const told = await stage.post(`/api/v1/deliveries/${await only()}/redeliver`)
    expect(told).toMatchObject({ status: 409, body: { error: expect.stringContaining('enable it') } })
  })

  it('of another account is not even there, whatever is done to it', async () => {
    stage.attempt(gaveUp)
    const id = await only()
    const answers = [
      await stage.get(`/api/v1/deliveries/${id}.json`, otherKey),
      await stage.get('/api/v1/deliveries/999.json'),
      await stage.get('/api/v1/deliveries/none.json'),
      await stage.get('/api/v1/deliveries/0.json'),
      await stage.post(`/api/v1/deliveries/${id}/redeliver`, {}, otherKey),
    ]
    for (const answer of answers)
      expect(answer).toEqual({ status: 404, body: { error: 'There is none with that id.' } })
    expect(await list('?state=dead')).toHaveLength(1)
  })
})

describe('a redelivery of all that match', () => {
  const progress = (id: unknown) => stage.get(`/api/v1/redeliveries/${id}.json`)

  it('goes on by itself, and says how far it is', async () => {
    const endpoint = stage.temp.hook({ url: 'http://127.0.0.1:9/first' })
    stage.temp.hook({ url: 'http://127.0.0.1:9/second' })
    stage.release('rails', '8.0.0')
    stage.attempt(gaveUp)
    const { status, body } = await stage.post('/api/v1/redeliveries.json', { endpoint: String(endpoint) })
    expect(status).toBe(202)
    expect(body).toMatchObject({ total: 1, endpoint, event: null, since: null })
    await until('it is over', async () => (await progress(body.id)).body.state !== 'running')
    expect((await progress(body.id)).body).toMatchObject({ state: 'finished', total: 1, done: 1, skipped: 0 })
    expect(await list('?state=dead')).toHaveLength(1)
    expect(stage.wakes()).toBeGreaterThan(0)
  })

  it('takes JSON, too', async () => {
    const answer = await stage.call('POST', '/api/v1/redeliveries.json', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ since: '2026-09-01T14:00:00+02:00', until: '2026-09-02' }),
    })
    expect(answer.status).toBe(202)
    expect(JSON.parse(answer.body)).toMatchObject({
      since: '2026-09-01T12:00:00.000Z',
      until: '2026-09-02T00:00:00.000Z',
    })
  })

  // Each of them would ask for every dead delivery if what cannot be read were passed over.
  it.each<[status: number, about: string, type: string | null, body: string]>([
    [400, 'a parameter that is not known', null, 'endpiont=1'],
    [400, 'JSON that is no object', 'application/json', '[{"endpoint":1}]'],
    [400, 'JSON that is none', 'application/json', '{"endpoint":1'],
    [400, 'a list', 'application/json', '{"endpoint":[1]}'],
    [400, 'an endpoint that was left empty', null, 'endpoint='],
    [400, 'an endpoint that is null', 'application/json', '{"endpoint":null}'],
    [415, 'another type', 'text/plain', 'endpoint=1'],
    [413, 'a huge body', null, `endpoint=${'1'.repeat(70_000)}`],
    [404, 'an endpoint of nobody', null, 'endpoint=999'],
    [404, 'an event that never was', null, 'event=999'],
  ])('is refused with %d for %s', async (status, _about, type, body) => {
    stage.temp.hook()
    stage.release('rails', '8.0.0')
    stage.attempt(gaveUp)
    const headers: Record<string, string> = type === null ? {} : { 'Content-Type': type }
    const answer = await stage.call('POST', '/api/v1/redeliveries.json', { headers, body })
    expect(answer.status, answer.body).toBe(status)
    expect(await list('?state=dead')).toHaveLength(1)
  })

  it('is refused for an endpoint of another account, and not shown to another one', async () => {
    const endpoint = stage.temp.hook({ account: 'second' })
    expect((await stage.post('/api/v1/redeliveries.json', { endpoint: `${endpoint}` })).status).toBe(404)
    const { body } = await stage.post('/api/v1/redeliveries.json')
    expect((await stage.get(`/api/v1/redeliveries/${body.id}.json`, otherKey)).status).toBe(404)
    expect((await stage.get('/api/v1/redeliveries/none.json')).status).toBe(404)
  })
})
