import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashKey } from '../../src/secret.js'
import { feedPath } from '../../src/web/inbox/feed-path.js'
import { newCookie } from '../../src/web/session-cookie.js'
import { key, openStage, otherKey, publicUrl, type Stage } from '../api/stage.js'
import { fragments } from '../channels/hostile-payloads.js'
import { testTime } from '../helpers/temp-ledger.js'
import { linksOf, readFeed } from './atom-rules.js'
import { textOf } from './strict-xml.js'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  stage.call(method, path, { key: null, headers })
const read = async (path: string, headers?: Record<string, string>) => {
  const { status, body, headers: answered } = await ask(path, headers)
  expect(status, body).toBe(200)
  expect(answered['Content-Type']).toBe('application/atom+xml; charset=utf-8')
  return readFeed(body)
}
const titles = async (path: string, headers?: Record<string, string>) =>
  (await read(path, headers)).entries.map((entry) => textOf(entry, 'title'))

describe('the feed of all releases', () => {
  it('is open, begins with the newest, and leads to the pages of the versions', async () => {
    stage.release('rails', '7.2.0', { changelog_uri: 'https://example.com/a?b&c' }, testTime - 3_600_000)
    stage.release('rails', '8.0.0')
    stage.release('rails', '7.1.0', { yanked: true })
    const { feed, entries } = await read('/feed.atom')
    expect(entries.map((entry) => textOf(entry, 'title'))).toEqual([
      'rails 7.1.0 yanked',
      'rails 8.0.0 released (major)',
      'rails 7.2.0 released (first release seen)',
    ])
    expect(textOf(feed, 'updated')).toBe('2026-09-01T12:00:00.000Z')
    expect(linksOf(feed, 'self')).toEqual([`${publicUrl}/feed.atom`])
    expect(entries.flatMap((entry) => linksOf(entry, 'alternate'))).toEqual([
      `${publicUrl}/gems/rails/versions/7.1.0`,
      `${publicUrl}/gems/rails/versions/8.0.0`,
      `${publicUrl}/gems/rails/versions/7.2.0`,
    ])
    expect(entries.flatMap((entry) => linksOf(entry, 'related'))).toContain('https://example.com/a?b&c')
  })

  it('is valid while it is empty', async () => {
    expect(await titles('/feed.atom')).toEqual([])
  })

  it('has one entry for all platforms of a version, which stays the same entry', async () => {
    stage.release('nokogiri', '1.18.0')
    const before = (await read('/feed.atom')).entries.map((entry) => textOf(entry, 'id'))
    stage.release('nokogiri', '1.18.0', { platform: 'java' })
    const { entries } = await read('/feed.atom')
    expect(entries.map((entry) => textOf(entry, 'id'))).toEqual(before)
    expect(entries.map((entry) => textOf(entry, 'title'))).toEqual([
      'nokogiri 1.18.0 released (first release seen)',
    ])
    expect(entries.map((entry) => textOf(entry, 'summary')).join()).toContain('Platforms: java, ruby')
  })

  it('has 50 entries at most', async () => {
    for (let patch = 0; patch < 60; patch++) stage.release('rails', `8.0.${patch}`)
    const { entries } = await read('/feed.atom')
    expect(entries).toHaveLength(50)
    expect(textOf(entries[0] as (typeof entries)[0], 'title')).toContain('8.0.59')
  })

  it('leaves out what is refuted, redundant or still to be checked', async () => {
    const told = stage.release('rails', '8.0.0')
    const untold = ['refuted', 'redundant'].map((confirmation, patch) => {
      const id = stage.release('rails', `8.1.${patch}`)
      stage.temp.change('UPDATE events SET confirmation = ? WHERE id = ?', confirmation, id)
      return id
    })
    const checked = stage.release('rails', '8.2.0')
    stage.temp.change('UPDATE events SET check_at = ? WHERE id = ?', testTime, checked)
    expect([told, ...untold, checked]).toHaveLength(4)
    expect(await titles('/feed.atom')).toEqual(['rails 8.0.0 released (first release seen)'])
    expect(await titles('/gems/rails.atom')).toHaveLength(1)
  })

  it('is not sent again to whoever has it', async () => {
    stage.release('rails', '8.0.0')
    const { headers } = await ask('/feed.atom')
    const { ETag: etag = '' } = headers
    expect(headers['Cache-Control']).toBe('public, max-age=60')
    expect(await ask('/feed.atom', { 'If-None-Match': etag })).toMatchObject({ status: 304, body: '' })
    stage.release('rails', '8.0.1')
    expect((await ask('/feed.atom', { 'If-None-Match': etag })).status).toBe(200)
  })

  it('can only be read', async () => {
    expect(await ask('/feed.atom', {}, 'HEAD')).toMatchObject({ status: 200, body: '' })
    const { status, headers } = await ask('/feed.atom', {}, 'POST')
    expect([status, headers.Allow]).toEqual([405, 'GET, HEAD'])
  })

  it('is valid whatever strangers write', async () => {
    for (const [patch, fragment] of fragments.entries()) {
      const texts = { info: fragment, authors: fragment, licenses: [fragment], changelog_uri: fragment }
      stage.release('hostile', `1.0.${patch}`, {
        ...texts,
        source_code_uri: `https://github.com/${fragment}`,
      })
    }
    expect((await read('/feed.atom')).entries).toHaveLength(50)
  })
})

describe("a gem's feed", () => {
  it('has this gem alone', async () => {
    stage.release('rails', '8.0.0')
    stage.release('rails-i18n', '8.0.0')
    stage.release('a.atom', '1.0.0')
    expect(await titles('/gems/rails.atom')).toEqual(['rails 8.0.0 released (first release seen)'])
    expect(await titles('/gems/a.atom.atom')).toEqual(['a.atom 1.0.0 released (first release seen)'])
  })

  it('is not there for a gem that nobody knows', async () => {
    expect(await ask('/gems/none.atom')).toMatchObject({ status: 404, body: 'This gem could not be found\n' })
    expect((await ask('/gems/%00.atom')).status).toBe(404)
  })
})

describe("an inbox's feed", () => {
  beforeEach(() => {
    stage.keep('demo')
    stage.keep('demo', { id: 'msg_fired', origin: 'sample' })
    stage.keep('theirs', { id: 'msg_theirs' }, 'second')
  })
  const tokenFor = (name: string, account?: string) =>
    tokenOf(feedPath(stage, keyIdOf(account === 'second' ? otherKey : key), name))
  const keyIdOf = (text: string) => stage.temp.ledger.accounts.find(hashKey(text))?.id ?? 0
  const tokenOf = (path: string) => path.split('token=')[1] ?? ''
  const basic = (password: string) => ({
    Authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`,
  })
  const cookieOf = (account: string, expiresAt: number) => {
    const cookie = newCookie(publicUrl)
    stage.temp.ledger.sessions.create(
      { hash: hashKey(cookie), accountId: stage.temp.account(account), keyId: null, expiresAt },
      testTime,
    )
    return { Cookie: cookie }
  }

  it('shows what it holds: an event as a release, a test as the message', async () => {
    const { entries } = await read('/inbox/demo.atom', basic(key))
    expect(entries.map((entry) => textOf(entry, 'title'))).toEqual([
      expect.stringMatching(/^Test: rails 8\.1\.3/),
      expect.stringMatching(/^rails 8\.1\.3/),
    ])
    expect(entries.flatMap((entry) => linksOf(entry, 'alternate'))).toEqual([
      `${publicUrl}/inbox/demo/2`,
      `${publicUrl}/gems/rails/versions/8.1.3`,
    ])
  })

  it.each<[how: string, path: () => string, headers: () => Record<string, string>]>([
    ['the token of its link', () => `/inbox/demo.atom?token=${tokenFor('demo')}`, () => ({})],
    ['an API key', () => '/inbox/demo.atom', () => ({ Authorization: key })],
    ['one as Bearer', () => '/inbox/demo.atom', () => ({ Authorization: `Bearer ${key}` })],
    ['one as a password', () => '/inbox/demo.atom', () => basic(key)],
    ['a session', () => '/inbox/demo.atom', () => cookieOf('default', testTime + 1)],
  ])('is read with %s', async (_how, path, headers) => {
    expect(await titles(path(), headers())).toHaveLength(2)
    expect((await ask(path(), headers())).headers['Cache-Control']).toBe('private, no-cache')
  })

  it.each<[why: string, path: () => string, headers?: () => Record<string, string>]>([
    ['nothing is shown', () => '/inbox/demo.atom'],
    ['the token is of another inbox', () => `/inbox/demo.atom?token=${tokenFor('other')}`],
    ['the token is made up', () => '/inbox/demo.atom?token=1/demo.AAAA'],
    ['the token is empty', () => '/inbox/demo.atom?token='],
    ['the token is wrong beside a good key', () => '/inbox/demo.atom?token=x', () => basic(key)],
    ['nobody has the key', () => '/inbox/demo.atom', () => basic('gh_nobody')],
    ['what is packed is no pair', () => '/inbox/demo.atom', () => ({ Authorization: 'Basic !' })],
    ['the session is over', () => '/inbox/demo.atom', () => cookieOf('default', testTime)],
  ])('is closed when %s', async (_why, path, headers = () => ({})) => {
    const { status, body, headers: answered } = await ask(path(), headers())
    expect([status, answered['WWW-Authenticate']]).toEqual([401, 'Basic realm="gemherald", charset="UTF-8"'])
    expect(body).not.toContain('rails')
  })

  it('is not there for another account, whose own one of that name is another', async () => {
    expect((await ask('/inbox/demo.atom', basic(otherKey))).status).toBe(404)
    expect((await ask(`/inbox/demo.atom?token=${tokenFor('demo', 'second')}`)).status).toBe(404)
    expect(await titles(`/inbox/theirs.atom?token=${tokenFor('theirs', 'second')}`)).toHaveLength(1)
  })

  it('is closed once the last key of its account is revoked', async () => {
    const { accounts } = stage.temp.ledger
    const path = `/inbox/demo.atom?token=${tokenFor('demo')}`
    expect(await titles(path)).toHaveLength(2)
    accounts.revokeKey(accounts.find(hashKey(key))?.id ?? 0, testTime)
    expect((await ask(path)).status).toBe(401)
  })

  it('is closed once the key that got its link is revoked or has expired, though there is another', async () => {
    const { accounts } = stage.temp.ledger
    const add = (text: string, expiresAt: number | null) => {
      const added = { name: text, hash: hashKey(text), sealed: text }
      accounts.addKey(stage.temp.account(), added, testTime, expiresAt)
      return `/inbox/demo.atom?token=${tokenOf(feedPath(stage, keyIdOf(text), 'demo'))}`
    }
    const [lasting, expired, revoked] = [add('a', testTime + 1), add('b', testTime), add('c', null)]
    accounts.revokeKey(keyIdOf('c'), testTime)
    const statuses = [lasting, expired, revoked].map(async (path) => (await ask(path)).status)
    expect(await Promise.all(statuses)).toEqual([200, 401, 401])
  })

  it('lets nobody in with a link as it was before, of the account alone', async () => {
    const token = stage.feedSigner.sign(`${stage.temp.account()}/demo`)
    expect((await ask(`/inbox/demo.atom?token=${encodeURIComponent(token)}`)).status).toBe(401)
  })
})
