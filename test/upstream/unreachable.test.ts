import { describe, expect, it } from 'vitest'
import { whyUnreachable } from '../../src/upstream/unreachable.js'

const why = (host: string, upstream: string, publicUrl: string | null = null) =>
  whyUnreachable({ publicUrl, host, port: 8790 }, upstream)

describe('whyUnreachable', () => {
  it.each([
    ['127.0.0.1', 'https://rubygems.org'],
    ['0.0.0.0', 'https://rubygems.org'],
    ['::1', 'https://rubygems.org'],
    ['192.168.1.7', 'https://rubygems.org'],
    ['localhost', 'https://127.example.org'],
  ])('says so of %s and %s', (host, upstream) => {
    expect(why(host, upstream)).toContain('set PUBLIC_URL')
  })

  it('names both sides', () => {
    expect(why('::1', 'https://ada:canary@rubygems.org/base')).toBe(
      'rubygems.org will refuse to deliver to http://[::1]:8790: set PUBLIC_URL to how the world reaches this server.',
    )
  })

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:9000', null],
    ['127.0.0.1', 'http://127.1:9000', null],
    ['127.0.0.1', 'http://[::1]:9000', null],
    ['127.0.0.1', 'http://localhost:9000', null],
    ['8.8.8.8', 'https://rubygems.org', null],
    ['2606:4700::1', 'https://rubygems.org', null],
    ['0.0.0.0', 'https://rubygems.org', 'https://gems.example.org'],
  ])('has nothing against %s and %s with PUBLIC_URL %s', (host, upstream, publicUrl) => {
    expect(why(host, upstream, publicUrl)).toBeNull()
  })
})
