import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { payloadKeys } from '../../src/payload.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeEach(async () => {
  api = await openStage()
})

afterEach(() => api.close())

const month = 30 * 24 * 60

async function listed(path: string): Promise<string[]> {
  const entries = (await api.json(path)) as { name: string; version: string; platform: string }[]
  return entries.map(
    ({ name, version, platform }) => `${name} ${version}${platform === 'ruby' ? '' : ` ${platform}`}`,
  )
}

describe('GET activity/just_updated', () => {
  const path = '/api/v1/activity/just_updated.json'

  it('lists the newest pushes to gems with two versions within six months', async () => {
    api.push('busy', '1.0.0', minutesAgo(30))
    api.push('busy', '1.1.0.rc1', minutesAgo(10))
    api.push('busy', '1.0.1', minutesAgo(20), { platform: 'java' })
    api.push('once', '1.0.0', minutesAgo(5))
    api.push('seldom', '1.0.0', minutesAgo(8 * month))
    api.push('seldom', '1.1.0', minutesAgo(4))
    api.push('half', '1.0.0', minutesAgo(15))
    api.push('half', '1.0.1', minutesAgo(14))
    api.yank('half', '1.0.1')
    api.push('back', '1.0.0', minutesAgo(9 * month))
    api.push('back', '2.0.0', minutesAgo(25))
    api.push('back', '2.0.1', minutesAgo(24))
    expect(await listed(path)).toEqual([
      'busy 1.1.0.rc1',
      'busy 1.0.1 java',
      'back 2.0.1',
      'back 2.0.0',
      'busy 1.0.0',
      'back 1.0.0',
    ])
  })

  it('lists 50, of one moment the one last heard of first', async () => {
    for (let i = 0; i < 60; i += 1) api.push(`gem-${i % 2}`, `1.${i}.0`, minutesAgo(7))
    const list = await listed(path)
    expect(list).toHaveLength(50)
    expect(list[0]).toBe('gem-1 1.59.0')
    expect(list[49]).toBe('gem-0 1.10.0')
  })

  it('is empty at first', async () => {
    expect((await api.ask(path)).body).toBe('[]')
    expect((await api.ask(path.replace('.json', '.yaml'))).body).toBe('--- []\n')
  })
})

describe('GET activity/latest', () => {
  const path = '/api/v1/activity/latest.json'

  it('lists the newest gems by the stable version that they show', async () => {
    api.push('old', '1.0.0', minutesAgo(60))
    api.push('new', '1.0.0', minutesAgo(30))
    api.push('old', '2.0.0', minutesAgo(5))
    api.push('newest', '1.0.0', minutesAgo(20), { platform: 'java' })
    api.push('only-pre', '1.0.0.rc1', minutesAgo(10))
    api.push('gone', '1.0.0', minutesAgo(8))
    api.yank('gone', '1.0.0')
    expect(await listed(path)).toEqual(['newest 1.0.0 java', 'new 1.0.0', 'old 2.0.0'])
  })

  it('follows what happens', async () => {
    api.push('first', '1.0.0', minutesAgo(60))
    expect(await listed(path)).toEqual(['first 1.0.0'])
    api.push('second', '1.0.0', minutesAgo(50))
    api.push('first', '1.1.0', minutesAgo(40))
    expect(await listed(path)).toEqual(['second 1.0.0', 'first 1.1.0'])
    api.yank('second', '1.0.0')
    api.push('first', '0.9.0', minutesAgo(70))
    expect(await listed(path)).toEqual(['first 1.1.0'])
    api.push('second', '1.0.0', minutesAgo(50))
    expect(await listed(path)).toEqual(['second 1.0.0', 'first 1.1.0'])
  })

  it('lists 50, as gems', async () => {
    for (let i = 0; i < 55; i += 1) api.push(`gem-${i}`, '1.0.0', minutesAgo(100 - i))
    const gems = (await api.json(path)) as Record<string, unknown>[]
    expect(gems.map(({ name }) => name)).toEqual(Array.from({ length: 50 }, (_, i) => `gem-${54 - i}`))
    expect(Object.keys(gems[0] ?? {})).toEqual(payloadKeys)
  })
})

describe('both', () => {
  it.each(['latest', 'just_updated'])('%s is written as the suffix or Accept says', async (route) => {
    api.push('a', '1.0.0', minutesAgo(2))
    api.push('a', '1.0.1', minutesAgo(1))
    const path = `/api/v1/activity/${route}`
    const json = await api.ask(`${path}.json`)
    expect(json.headers['Cache-Control']).toBe('max-age=60, public')
    expect((await api.ask(path, { Accept: '*/*' })).body).toBe(json.body)
    expect((await api.ask(path, { Accept: '*/*' })).headers.Vary).toBe('Accept')
    const yaml = await api.ask(`${path}.yaml`)
    expect(parse(yaml.body, { version: '1.1' })).toEqual(JSON.parse(json.body))
    expect((await api.ask(path, { Accept: 'text/yaml' })).body).toBe(yaml.body)
    expect((await api.ask(path)).status).toBe(406)
    expect((await api.ask(`${path}.xml`)).body).toBe('nothing here')
  })
})
