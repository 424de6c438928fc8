import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gaveUp, openStage, otherKey, rowsOf, type Stage } from './stage.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

describe('hooks by gem', () => {
  const names = async (query = '', useKey?: string) =>
    rowsOf<{ gem_name: string }>(await stage.get(`/api/v1/hooks.json${query}`, useKey), 'gems').map(
      (gem) => gem.gem_name,
    )

  it('are those of the account, by name', async () => {
    const rails = stage.temp.hook({ gemName: 'rails', url: 'http://127.0.0.1:9/a', channel: 'slack' })
    stage.temp.hook({ gemName: 'rails', url: 'http://127.0.0.1:9/b' })
    stage.temp.hook({ gemName: 'rake' })
    stage.temp.hook()
    stage.temp.hook({ account: 'second', gemName: 'puma' })
    expect(await names()).toEqual(['*', 'rails', 'rake'])
    expect(await names('', otherKey)).toEqual(['puma'])
    expect(await names('?gem=rails')).toEqual(['rails'])
    expect(await names('?search=AK')).toEqual(['rake'])
    await stage.post(`/api/v1/endpoints/${rails}/disable`)
    const { body } = await stage.get('/api/v1/hooks.json?gem=rails')
    expect(body).toMatchObject({
      gems: [
        {
          gem_name: 'rails',
          hooks: [
            {
              url: 'http://127.0.0.1:9/a',
              channel: 'slack',
              endpoint: rails,
              disabled_at: expect.any(String),
              failure_count: 0,
            },
            { url: 'http://127.0.0.1:9/b', channel: 'webhook', disabled_at: null },
          ],
          more: false,
        },
      ],
      next: null,
    })
  })

  it('go on page by page', async () => {
    for (const gemName of ['*', 'rack', 'rails']) stage.temp.hook({ gemName })
    const first = await stage.get('/api/v1/hooks.json?limit=2')
    expect(rowsOf(first, 'gems')).toMatchObject([{ gem_name: '*' }, { gem_name: 'rack' }])
    expect(await names(`?limit=2&cursor=${first.body.next}`)).toEqual(['rails'])
    expect(await names('?limit=3')).toHaveLength(3)
  })

  it('say that there are more on a gem', async () => {
    for (let at = 0; at < 11; at++) stage.temp.hook({ url: `http://127.0.0.1:9/${at}` })
    const [gem] = rowsOf<{ hooks: object[]; more: boolean }>(await stage.get('/api/v1/hooks.json'), 'gems')
    expect([gem?.hooks.length, gem?.more]).toEqual([10, true])
  })

  it.each(['x', 'cmFja', '%00'])('know no page %s', async (cursor) => {
    expect((await stage.get(`/api/v1/hooks.json?cursor=${cursor}`)).status).toBe(400)
  })
})

it('counts dead letters by endpoint', async () => {
  const shut = stage.temp.hook({ url: 'http://127.0.0.1:9/shut' })
  stage.release('rails', '7.2.0')
  stage.release('rails', '8.0.0')
  stage.attempt(gaveUp)
  await stage.post(`/api/v1/endpoints/${shut}/disable`)
  const open = stage.temp.hook({ gemName: 'rake', channel: 'slack' })
  stage.release('rake', '13.0.0')
  stage.attempt(gaveUp)
  stage.temp.hook({ gemName: 'rack', url: 'http://127.0.0.1:9/fine' })
  const told = await stage.get('/api/v1/dead.json')
  expect(rowsOf(told, 'endpoints')).toMatchObject([
    { endpoint: shut, channel: 'webhook', disabled_reason: 'disabled by hand', dead: 2 },
    { endpoint: open, channel: 'slack', disabled_reason: null, dead: 1 },
  ])
  const first = await stage.get('/api/v1/dead.json?limit=1')
  expect(rowsOf(first, 'endpoints')).toHaveLength(1)
  const second = await stage.get(`/api/v1/dead.json?limit=1&cursor=${first.body.next}`)
  expect(rowsOf(second, 'endpoints')).toMatchObject([{ endpoint: open }])
  expect([told.body.next, second.body.next]).toEqual([null, null])
  expect(rowsOf(await stage.get('/api/v1/dead.json', otherKey), 'endpoints')).toEqual([])
})
