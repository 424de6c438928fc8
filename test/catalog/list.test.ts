import { once } from 'node:events'
import { get } from 'node:http'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { writeList } from '../../src/catalog/list.js'
import type { CatalogRelease } from '../../src/ledger/catalog.js'
import { yamlDocument } from '../../src/yaml.js'
import { codePoint } from '../helpers/code-point.js'
import { testTime } from '../helpers/temp-ledger.js'
import { until } from '../helpers/wait.js'
import { payloadOf } from '../helpers/webhooks.js'
import { minutesAgo, openStage, type Stage } from './stage.js'

const there = new AbortController().signal
const written = async (items: readonly object[], format: 'json' | 'yaml') =>
  Buffer.concat(await writeList(items, (item) => item, { format, gone: there })).toString()

describe('writeList', () => {
  it('writes what would be written at once', async () => {
    // Some are longer than a slice; some end a document openly.
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: codePoint }),
      fc.constantFrom('a\nb\n\n', 'é \u{1f600}'.repeat(9000), '\ud83d', 'word '.repeat(4000)),
    )
    const item = fc.oneof(fc.dictionary(text, text), fc.array(fc.jsonValue()))
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 6 }), async (items) => {
        expect(await written(items, 'json')).toBe(JSON.stringify(items))
        expect(await written(items, 'yaml')).toBe(yamlDocument(items))
      }),
      { numRuns: 40 },
    )
  })

  it('makes a payload only when its turn comes', async () => {
    const gone = new AbortController()
    const made: number[] = []
    const list = writeList(
      [1, 2, 3],
      (i) => {
        made.push(i)
        if (i === 2) gone.abort()
        return { text: 'x'.repeat(20_000) }
      },
      { format: 'json', gone: gone.signal },
    )
    expect(made).toEqual([1])
    await expect(list).rejects.toThrow('This operation was aborted')
    expect(made).toEqual([1, 2])
  })
})

const count = 30
let api: Stage
let read: number
/** Called when the first payload of a list is read, which is while the list is being written. */
let onFirst: () => void

/** A ledger in which every list is long, and payloads are counted as they are read. */
async function openLongLists(): Promise<void> {
  const all = () => Array.from({ length: count }, (_, i) => countedRelease(i))
  api = await openStage({
    justUpdated: all,
    ofNewestGems: all,
    createdBetween: all,
    search: all,
    release: countedRelease,
  })
  for (let i = 0; i < count; i += 1) api.push('long', `1.${i}`, minutesAgo(1))
  api.push('other', '1.0.0', minutesAgo(1))
  onFirst = () => {}
  // So that it is not the index that reads.
  await api.ask('/names')
  read = 0
}

function countedRelease(id: number): CatalogRelease {
  const bytes = payloadOf({ name: 'long', info: 'word '.repeat(4000) })
  let isRead = false
  return {
    ...{ id, gemName: 'long', number: `1.${id}`, platform: 'ruby', yanked: false, createdAt: testTime },
    get payload() {
      if (!isRead) read += 1
      if (!isRead && read === 1) onFirst()
      isRead = true
      return bytes
    },
  }
}

describe.each(['json', 'yaml'])('while a long list is written as %s', (suffix) => {
  const lists = [
    `/api/v1/versions/long.${suffix}`,
    `/api/v1/activity/just_updated.${suffix}`,
    `/api/v1/activity/latest.${suffix}`,
    `/api/v1/timeframe_versions.${suffix}?from=${new Date(minutesAgo(60)).toISOString()}`,
    `/api/v1/search.${suffix}?query=long`,
  ]

  afterEach(() => api.close())

  it.each(lists)('others are answered: %s', async (path) => {
    await openLongLists()
    let readBefore = count
    let other: Promise<void> | undefined
    onFirst = () => {
      other = api.ask('/api/v1/versions/other/latest.json').then(({ body }) => {
        expect(body).toBe('{"version":"1.0.0"}')
        readBefore = read
      })
    }
    const list = await api.ask(path)
    await other
    expect([list.status, read]).toEqual([200, count])
    expect(list.body.match(/\bsha\b/g)).toHaveLength(count)
    expect(readBefore).toBeLessThan(count)
  })

  it('nothing more is written once the client is gone', async () => {
    await openLongLists()
    const asked = get(`${api.url}/api/v1/versions/long.${suffix}`, { agent: false })
    onFirst = () => asked.destroy()
    await once(asked, 'error')
    await until('the server has noticed', () => api.logged.length > 0)
    expect(api.logged).toMatchObject([{ level: 20, msg: expect.stringContaining('went away') }])
    expect(read).toBeLessThan(count)
  })
})
