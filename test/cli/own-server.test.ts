import { expect, it } from 'vitest'
import { withOwnServer } from '../../src/cli/own-server.js'
import type { Rubygems } from '../../src/rubygems/client.js'
import { startHttpSink } from '../helpers/http-sink.js'

const bug = new Error('a bug')

it.each([
  ['gives what the work gives', () => 42, 42],
  [
    'throws what the work throws',
    () => {
      throw bug
    },
    bug,
  ],
])('%s, and its connections end with it', async (_, end, expected) => {
  const sink = await startHttpSink({ status: 201, body: 'created' })
  const hook = { gemName: 'rails', url: 'http://a.example' }
  let kept: Rubygems | undefined
  const ended = withOwnServer({ url: sink.url, apiKey: 'gh_key' }, 'Trying', async (client) => {
    kept = client
    expect(await client.webHooks.create(hook)).toEqual({ ok: true, value: 'created' })
    return end()
  })
  expect(await ended.catch((error) => error)).toBe(expected)
  expect(sink.received[0]?.headers.authorization).toBe('gh_key')
  expect(await kept?.webHooks.create(hook)).toMatchObject({ ok: false })
  await sink.close()
})
