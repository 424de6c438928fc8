import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage
beforeEach(async () => {
  api = await openStage()
})
afterEach(() => api.close())

const path = '/api/v1/search/autocomplete'
const names = async (query: string) =>
  (await api.json(`${path}.json?query=${encodeURIComponent(query)}`)) as string[]
const add = (name: string, downloads = 0) => api.push(name, '1.0', minutesAgo(1), { downloads })

describe('GET search/autocomplete', () => {
  it('begins with names that begin so, then those that have it, then near ones', async () => {
    add('rails-a', 1)
    add('railties', 999)
    add('Rails_b', 5)
    add('on-rails', 100)
    add('x-rails', 200)
    add('rials', 50)
    add('rack', 70)
    add('rails', 3)
    expect(await names('rails')).toEqual(['Rails_b', 'rails', 'rails-a', 'x-rails', 'on-rails', 'rials'])
    expect(await names(' RAILS')).toEqual(await names('rails'))
    expect(await names('rayls')).toEqual(['rails', 'rials', 'Rails_b', 'rails-a', 'x-rails'])
  })

  it('gives 30 at most, the most downloaded', async () => {
    for (let i = 0; i < 40; i += 1) add(`demo-${i}`, i)
    expect(await names('demo')).toEqual(Array.from({ length: 30 }, (_, i) => `demo-${39 - i}`))
  })

  it('looks through all of a large index, also by what is new', async () => {
    for (let i = 0; i < 9; i += 1) add(`a-${i}`)
    await names('a')
    const rows = Array.from({ length: 5000 }, (_, i) => `('b-${i}', 0, 1, 1, 1, ${i}, '')`)
    api.temp.change(
      `INSERT INTO gems (name, created_at, release_id, live, stable, downloads, words) VALUES ${rows.join(',')}`,
    )
    add('zebra', 7)
    expect((await names('b-')).slice(0, 2)).toEqual(['b-4999', 'b-4998'])
    expect(await names('zebra')).toEqual(['zebra'])
    expect(await names('zerba')).toEqual(['zebra'])
  })

  it('leaves out gems without a live version', async () => {
    add('gone')
    expect(await names('gone')).toEqual(['gone'])
    api.yank('gone', '1.0')
    expect(await names('gone')).toEqual([])
  })

  it.each(['', '?query=', '?query=%20', '?query[]=a', `?query=${'a'.repeat(256)}`, '?other=a'])(
    'has nothing to offer for %j',
    async (query) => {
      add('a'.repeat(255))
      expect(await api.json(`${path}.json${query}`)).toEqual([])
    },
  )

  it('needs no suffix', async () => {
    add('rails')
    const answer = await api.ask(`${path}?query=rai`, { Accept: '*/*' })
    expect(answer).toMatchObject({ status: 200, body: '["rails"]' })
    expect(answer.headers['Cache-Control']).toBe('max-age=0, private, must-revalidate')
    expect((await api.ask(`${path}.yaml?query=rai`)).body).toBe('nothing here')
  })
})
