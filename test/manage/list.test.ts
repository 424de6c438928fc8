import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { key, openStage, otherKey, type Stage } from './stage.js'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')

const caching = {
  'Cache-Control': 'private, no-store',
  'Surrogate-Control': 'max-age=0',
  Vary: 'Authorization, Cookie',
}
const asJson = { 'Content-Type': 'application/json; charset=utf-8', ...caching }
const asYaml = {
  'Content-Type': 'text/yaml',
  'Content-Disposition': 'attachment',
  'Content-Transfer-Encoding': 'binary',
  ...caching,
}

let api: Stage

beforeAll(async () => {
  api = await openStage()
  const accountId = api.temp.account()
  for (const [gemName, url] of [
    ['*', 'http://gemwhisperer.heroku.com'],
    ['rails', 'https://gemherald.example/hooks/rubygems/6f1c'],
    ['nokogiri', 'https://gemherald.example/hooks/rubygems/6f1c'],
    ['nokogiri', 'http://example.com/old?token=a&b=c'],
  ] as const)
    api.temp.ledger.hooks.create({ accountId, gemName, url, channel: 'webhook' }, 0)
  api.temp.change("UPDATE hooks SET failure_count = 1 WHERE gem_name = '*'")
  api.temp.change("UPDATE hooks SET failure_count = 3 WHERE gem_name = 'nokogiri'")
  api.temp.change("UPDATE hooks SET failure_count = 31 WHERE url LIKE '%token%'")
  api.temp.change("UPDATE endpoints SET disabled_at = 5 WHERE url LIKE '%token%'")
})

afterAll(() => api.close())

const list = (path: string, accept?: string, useKey: string | null = key) =>
  api.call('GET', path, { key: useKey, headers: accept === undefined ? {} : { Accept: accept } })

describe('GET /api/v1/web_hooks', () => {
  it('lists an account’s hooks as JSON', async () => {
    expect(await list('/api/v1/web_hooks.json')).toEqual({
      status: 200,
      headers: asJson,
      body: fixture('web_hooks.json'),
    })
  })

  it('lists an account’s hooks as YAML', async () => {
    expect(await list('/api/v1/web_hooks.yaml')).toEqual({
      status: 200,
      headers: asYaml,
      body: fixture('web_hooks.yaml'),
    })
  })

  it('lists no hooks of another account', async () => {
    expect((await list('/api/v1/web_hooks.json', undefined, otherKey)).body).toBe('{}')
    expect((await list('/api/v1/web_hooks.yaml', undefined, otherKey)).body).toBe('--- {}\n')
  })

  it('answers HEAD without a body', async () => {
    expect(await api.call('HEAD', '/api/v1/web_hooks.json')).toEqual({
      status: 200,
      headers: asJson,
      body: '',
    })
  })

  // protocol/rubygems-webhooks.md §2.5
  it.each([
    ['/api/v1/web_hooks.json', 'application/xml'],
    ['/api/v1/web_hooks.json', undefined],
    ['/api/v1/web_hooks', '*/*'],
    ['/api/v1/web_hooks', '*/*;q=0.8'],
    ['/api/v1/web_hooks/', '*/*'],
    ['/api/v1/web_hooks', 'application/json'],
    ['/api/v1/web_hooks', 'Application/JSON; charset=utf-8'],
    ['/api/v1/web_hooks', 'text/html, application/json'],
    ['/api/v1/web_hooks', 'text/yaml;q=0.5, application/json'],
  ])('gives for %s with Accept %s JSON', async (path, accept) => {
    expect(await list(path, accept)).toMatchObject({ status: 200, headers: asJson })
  })

  it.each([
    ['/api/v1/web_hooks.yaml', 'application/json'],
    ['/api/v1/web_hooks.yml', undefined],
    ['/api/v1/web_hooks', 'text/yaml'],
    ['/api/v1/web_hooks', 'application/x-yaml'],
    ['/api/v1/web_hooks', 'application/json;q=0.5, text/yaml'],
  ])('gives for %s with Accept %s YAML', async (path, accept) => {
    expect(await list(path, accept)).toMatchObject({ status: 200, headers: asYaml })
  })

  it.each([
    ['/api/v1/web_hooks', undefined],
    ['/api/v1/web_hooks', ''],
    ['/api/v1/web_hooks', 'application/json, text/plain, */*'],
    ['/api/v1/web_hooks', '*/*, application/json'],
    ['/api/v1/web_hooks', 'text/html'],
    ['/api/v1/web_hooks', '///;;q=x,,'],
    ['/api/v1/web_hooks.html', '*/*'],
    ['/api/v1/web_hooks.anything', 'application/json'],
    ['/api/v1/web_hooks.JSON', 'application/json'],
    ['/api/v1/web_hooks.%zz', 'application/json'],
  ])('gives for %s with Accept %s an empty 406', async (path, accept) => {
    expect(await list(path, accept)).toEqual({
      status: 406,
      headers: { 'Content-Type': 'text/html; charset=utf-8', ...caching },
      body: '',
    })
  })

  it.each([
    ['/api/v1/web_hooks.xml', '*/*'],
    ['/api/v1/web_hooks', 'application/xml'],
    ['/api/v1/web_hooks', 'text/xml'],
  ])('gives for %s with Accept %s a 406 in XML', async (path, accept) => {
    expect(await list(path, accept)).toEqual({
      status: 406,
      headers: { 'Content-Type': 'application/xml; charset=utf-8', ...caching },
      body: '<hash><status type="integer">406</status><error>Not Acceptable</error></hash>',
    })
  })

  it.each([
    '/api/v1/web_hooks.a.b',
    '/api/v1/web_hooks/x',
    '/API/v1/web_hooks',
    '/api/v1/web_hooks/hook_relay_report',
  ])('leaves %s to the rest of the app', async (path) => {
    expect((await list(path, '*/*')).body).toContain(`Cannot GET ${path}`)
  })
})
