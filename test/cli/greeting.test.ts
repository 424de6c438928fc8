import { describe, expect, it } from 'vitest'
import { type GreetedServer, greeting } from '../../src/cli/greeting.js'
import { readConfig } from '../../src/config.js'

function greet(isTerminal: boolean, other: Partial<GreetedServer> = {}): { text: string; links: number } {
  const config = readConfig({})
  if (!config.ok) throw new Error(config.problem.message)
  let links = 0
  const server: GreetedServer = {
    address: { host: '127.0.0.1', port: 8790 },
    publicUrl: 'https://gems.example.org',
    secrets: 0,
    newApiKey: null,
    signInLink: () => `https://gems.example.org/sign-in/link-${++links}`,
    ...other,
  }
  return { text: greeting(config.value, server, { worker: true, isTerminal }), links }
}

describe('the greeting', () => {
  it('has a one-time link on a terminal', () => {
    const { text, links } = greet(true)
    expect(text).toContain(
      '\n  page       https://gems.example.org/sign-in/link-1   (one-time link, 1 hour)\n',
    )
    expect(links).toBe(1)
  })

  it('makes no link where a log may keep it, and says how to sign in', () => {
    const { text, links } = greet(false)
    expect(text).toContain(
      '\n  page       https://gems.example.org/   (sign in with an API key, or run gemherald sign-in)\n',
    )
    expect(links).toBe(0)
  })

  it('shows a new API key', () => {
    const { text } = greet(false, { newApiKey: { key: 'gh_new', shown() {} } })
    expect(text).toContain('API key    gh_new   (account default; shown only this once)')
  })
})
