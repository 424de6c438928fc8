import { afterEach, beforeEach, expect, it } from 'vitest'
import { gaveUp, openStage, otherKey, rowsOf, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const ids = async (query = '', useKey?: string) =>
  rowsOf<{ id: number }>(await stage.get(`/api/v1/endpoints.json${query}`, useKey), 'endpoints').map(
    ({ id }) => id,
  )

it('are those of the account, oldest first, with their hooks', async () => {
  const all = stage.temp.hook({ url: 'http://127.0.0.1:9/all' })
  const rails = stage.temp.hook({ gemName: 'rails', channel: 'slack' })
  const others = stage.temp.hook({ account: 'second' })
  expect(await ids()).toEqual([all, rails])
  expect(await ids('', otherKey)).toEqual([others])
  expect(await ids('?gem=rails')).toEqual([rails])
  expect(await ids('?gem=*')).toEqual([all])
  expect(await ids('?search=ALL')).toEqual([all])
  expect(await ids('?search=%20all%20')).toEqual([all])
  const first = await stage.get('/api/v1/endpoints.json?limit=1')
  expect(await ids(`?limit=1&cursor=${first.body.next}`)).toEqual([rails])

  const { body } = await stage.get(`/api/v1/endpoints/${rails}.json`)
  expect(body).toMatchObject({
    id: rails,
    channel: 'slack',
    disabled_at: null,
    failures_since_last_success: 0,
    hooks: [{ gem_name: 'rails', failure_count: 0 }],
    pace: { under_way: 1, most_under_way: 4, ms_between_starts: 0, rest_ms: 250 },
  })
})

it('are disabled and enabled as often as one likes', async () => {
  const id = stage.temp.hook()
  stage.release('rails', '8.0.0')
  for (const _ of [1, 2]) {
    const told = await stage.post(`/api/v1/endpoints/${id}/disable`)
    expect(told).toMatchObject({ status: 200, body: { id, disabled_reason: 'disabled by hand' } })
  }
  const cancelled = await stage.get('/api/v1/deliveries.json?state=cancelled')
  expect(rowsOf(cancelled, 'deliveries')).toHaveLength(1)
  for (const _ of [1, 2]) {
    const told = await stage.post(`/api/v1/endpoints/${id}/enable.json`)
    expect(told).toMatchObject({ status: 200, body: { id, disabled_at: null, disabled_reason: null } })
  }
  expect(stage.wakes()).toBe(2)
})

it('forget their failures when they are enabled', async () => {
  const id = stage.temp.hook()
  stage.release('rails', '8.0.0')
  stage.attempt({ ...gaveUp, endpointGone: true })
  const { body } = await stage.get(`/api/v1/endpoints/${id}.json`)
  expect(body).toMatchObject({ failures_since_last_success: 1, disabled_at: expect.any(String) })
  const enabled = await stage.post(`/api/v1/endpoints/${id}/enable`)
  expect(enabled.body).toMatchObject({ failures_since_last_success: 0, disabled_at: null })
})

it('of another account are not even there', async () => {
  const id = stage.temp.hook()
  const answers = [
    await stage.get(`/api/v1/endpoints/${id}.json`, otherKey),
    await stage.post(`/api/v1/endpoints/${id}/disable`, {}, otherKey),
    await stage.post(`/api/v1/endpoints/${id}/enable`, {}, otherKey),
    await stage.get('/api/v1/endpoints/999.json'),
  ]
  for (const answer of answers)
    expect(answer).toEqual({ status: 404, body: { error: 'There is none with that id.' } })
  expect((await stage.get(`/api/v1/endpoints/${id}.json`)).body.disabled_at).toBeNull()
})
