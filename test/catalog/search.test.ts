import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { minutesAgo, openStage, type Stage } from './stage.js'

let api: Stage

beforeEach(async () => {
  api = await openStage()
})

afterEach(() => api.close())

const path = '/api/v1/search'
const names = async (query: string) =>
  ((await api.json(`${path}.json?${query}`)) as { name: string }[]).map(({ name }) => name)

function add(name: string, info: string, downloads = 0, changes: Record<string, unknown> = {}) {
  api.push(name, '1.0.0', minutesAgo(1), { info, downloads, ...changes })
}

describe('GET search', () => {
  it('puts the gem of that name first, then names that begin with it, that have it, then info; more downloads first', async () => {
    add('about', 'A gem that goes well with Rails', 9)
    add('on-rails', 'x', 5)
    add('x-rails', 'x', 6)
    add('rails-a', 'x', 1)
    add('railsy', 'x', 2)
    add('Rails', 'x')
    add('elsewhere', 'nothing of it', 100)
    expect(await names('query=rails')).toEqual(['Rails', 'railsy', 'rails-a', 'x-rails', 'on-rails', 'about'])
    expect(await names('query=RAILS%20')).toHaveLength(6)
  })

  it('wants all words, wherever they are', async () => {
    add('jobs', 'Runs work in the background, with threads')
    add('threads', 'Strings of cotton')
    expect(await names('query=background+jobs')).toEqual(['jobs'])
    expect(await names('query=threads')).toEqual(['threads', 'jobs'])
    expect(await names('query=background+cotton')).toEqual([])
  })

  it('takes words as they stand', async () => {
    add('a_b', '100% of "it" \\ ok')
    add('acb', '100 of it')
    expect(await names('query=a_b')).toEqual(['a_b'])
    expect(await names('query=100%25')).toEqual(['a_b'])
    expect(await names(`query=${encodeURIComponent('"it" \\')}`)).toEqual(['a_b'])
    expect(await names('query=*')).toEqual([])
  })

  it('gives the 20 keys of a hit, from the version that the gem shows', async () => {
    add('shown', 'x')
    api.push('shown', '2.0.0.rc1', minutesAgo(0), { info: 'only in the prerelease' })
    const [hit] = (await api.json(`${path}.json?query=shown`)) as Record<string, unknown>[]
    expect(Object.keys(hit ?? {})).toEqual(
      (
        'name downloads version version_downloads platform authors info licenses metadata sha project_uri gem_uri ' +
        'homepage_uri wiki_uri documentation_uri mailing_list_uri funding_uri source_code_uri bug_tracker_uri changelog_uri'
      ).split(' '),
    )
    expect(hit).toMatchObject({ version: '1.0.0', info: 'x' })
    expect(await names('query=prerelease')).toEqual([])
  })

  it('leaves out gems without a live version, and forgets nothing that changes', async () => {
    add('gone', 'x')
    add('here', 'before')
    expect(await names('query=gone')).toEqual(['gone'])
    api.yank('gone', '1.0.0')
    api.push('here', '1.1.0', minutesAgo(0), { info: 'after' })
    expect(await names('query=gone')).toEqual([])
    expect(await names('query=before')).toEqual([])
    expect(await names('query=after')).toEqual(['here'])
    add('gone', 'x')
    expect(await names('query=gone')).toEqual(['gone'])
  })

  it('pages by 30 until a page is empty', async () => {
    for (let i = 0; i < 65; i += 1) add(`gem-${i}`, 'word')
    const pages = await Promise.all([1, 2, 3, 4, 1000].map((page) => names(`query=word&page=${page}`)))
    expect(pages.map((page) => page.length)).toEqual([30, 30, 5, 0, 0])
    expect(new Set(pages.flat()).size).toBe(65)
  })

  it('indexes any number of events', async () => {
    for (let i = 0; i < 600; i += 1) add(`gem-${i}`, i % 2 ? 'odd' : 'even')
    const pages = await Promise.all([1, 2].map((page) => names(`query=gem-59&page=${page}`)))
    expect(pages.flat().sort()).toEqual(['gem-59', ...Array.from({ length: 10 }, (_, i) => `gem-59${i}`)])
    api.temp.reopen()
    expect(api.temp.ledger.catalog.unindexed(1)).toBeUndefined()
  })

  it('says the same in YAML', async () => {
    add('yes', 'A "word": so\nmany lines\n')
    const yaml = await api.ask(`${path}.yaml?query=yes`)
    expect(yaml.body).toContain("---\n- name: 'yes'\n")
    expect(yaml.body).toContain('\n  info: |\n    A "word": so\n    many lines\n')
    expect(parse(yaml.body, { version: '1.1' })).toEqual(await api.json(`${path}.json?query=yes`))
    expect(yaml.headers['Cache-Control']).toBe('max-age=0, private, must-revalidate')
  })

  it.each([
    '',
    'query',
    'query=',
    'query=%20%09',
    'query=%C2%A0',
    'query[]=rails',
    'query[a]=b',
    'Query=x',
    'page=2',
  ])('misses the query in %j', async (query) => {
    expect(await api.ask(`${path}.json?${query}`)).toMatchObject({
      status: 400,
      body: '{"error":"Request is missing param \'query\'"}',
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
    })
  })

  it.each(['x'.repeat(501), '\u{1f600}'.repeat(501), 'downloads:[1 TO 9]', '[a TO b]'])(
    'refuses %s',
    async (query) => {
      expect(await api.ask(`${path}.json?query=${encodeURIComponent(query)}`)).toMatchObject({
        status: 400,
        body: 'Invalid search query. Please simplify your search and try again.',
        headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      })
    },
  )

  it.each([
    'x'.repeat(500),
    '\u{1f600}'.repeat(500),
    `${'a '.repeat(249)}b`,
    '[a] TO b',
    [...'abcdefghijklmnop'].join(' '),
  ])('takes %s', async (query) => {
    expect((await api.ask(`${path}.json?query=${encodeURIComponent(query)}`)).body).toBe('[]')
  })

  it('leads from a page that cannot be to the first', async () => {
    const answer = await api.ask(`${path}.yaml?page=1001&query=a%26b+c`)
    expect(answer).toMatchObject({ status: 302, headers: { Location: `${path}.yaml?page=1&query=a%26b+c` } })
  })

  it('says so while the index cannot be written', async () => {
    const broken = await openStage({
      index() {
        throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL')
      },
    })
    broken.push('rails', '1.0.0', minutesAgo(1))
    for (const route of ['search.json?query=rails', 'activity/latest.json'])
      expect(await broken.ask(`/api/v1/${route}`)).toMatchObject({
        status: 503,
        body: 'Search is currently unavailable. Please try again later.',
      })
    expect(broken.logged).toHaveLength(2)
    expect((await broken.ask('/api/v1/gems/rails.json')).status).toBe(200)
    await broken.close()
  })
})
