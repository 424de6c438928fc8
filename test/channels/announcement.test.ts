import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { announce } from '../../src/channels/announcement.js'
import { aMessage, hostileMessage, payload } from './jobs.js'

describe('announce', () => {
  it.each([
    {
      fixture: 'ruby',
      previous: '8.1.3',
      title: 'rails 8.1.3.1 released (patch)',
      summary: 'Patch release: 8.1.3 → 8.1.3.1',
    },
    {
      fixture: 'ruby',
      previous: '8.0.9',
      title: 'rails 8.1.3.1 released (minor)',
      summary: 'Minor release: 8.0.9 → 8.1.3.1',
    },
    {
      fixture: 'ruby',
      previous: '7.2.2',
      title: 'rails 8.1.3.1 released (major)',
      summary: 'Major release: 7.2.2 → 8.1.3.1',
    },
    {
      fixture: 'ruby',
      previous: null,
      title: 'rails 8.1.3.1 released (first release seen)',
      summary: 'First release seen here: 8.1.3.1',
    },
    {
      fixture: 'prerelease',
      previous: '8.1.3',
      title: 'rails 8.2.0.beta1 released (prerelease)',
      summary: 'Prerelease: 8.1.3 → 8.2.0.beta1',
    },
    {
      fixture: 'prerelease',
      previous: null,
      title: 'rails 8.2.0.beta1 released (first release seen)',
      summary: 'First release seen here: 8.2.0.beta1',
    },
    {
      fixture: 'platform-java',
      previous: '1.18.8',
      title: 'nokogiri 1.18.9 (java) released (patch)',
      summary: 'Patch release: 1.18.8 → 1.18.9',
    },
    {
      fixture: 'platform-x86_64-linux-gnu',
      previous: '1.17.0',
      title: 'nokogiri 1.18.9 (x86_64-linux-gnu) released (minor)',
      summary: 'Minor release: 1.17.0 → 1.18.9',
    },
    {
      fixture: 'nulls',
      previous: null,
      title: 'zz_bare 0.0.1 released (first release seen)',
      summary: 'First release seen here: 0.0.1',
    },
    {
      fixture: 'odd-types',
      previous: '0.2.0',
      title: 'legacy_types 0.3.0 (x86-mswin32-60) released (minor)',
      summary: 'Minor release: 0.2.0 → 0.3.0',
    },
    {
      fixture: 'push-demo',
      previous: '1.4.1',
      title: 'gemherald-demo 1.4.2 released (patch)',
      summary: 'Patch release: 1.4.1 → 1.4.2',
    },
    {
      fixture: 'yank-demo',
      kind: 'yanked',
      previous: '1.4.1',
      title: 'gemherald-demo 1.4.2 yanked',
      summary: 'Yanked: it can no longer be installed. The highest earlier release is 1.4.1.',
    },
    {
      fixture: 'yank-demo',
      kind: 'yanked',
      previous: null,
      title: 'gemherald-demo 1.4.2 yanked',
      summary: 'Yanked: it can no longer be installed.',
    },
    {
      fixture: 'push-demo',
      kind: 'restored',
      previous: '1.4.1',
      title: 'gemherald-demo 1.4.2 restored',
      summary: 'No longer yanked: it can be installed again. Patch release: 1.4.1 → 1.4.2',
    },
  ] as const)('$title, after $previous', ({ fixture, previous, title, summary, ...rest }) => {
    const kind = 'kind' in rest ? rest.kind : 'pushed'
    expect(announce(aMessage({ body: payload(fixture), kind, previous }))).toMatchObject({
      title,
      summary,
      notice: null,
    })
  })

  it('links changelog, compare and gem page, in this order', () => {
    expect(announce(aMessage()).links).toEqual([
      { label: 'Changelog', url: 'https://github.com/rails/rails/releases/tag/v8.1.3.1' },
      { label: 'Compare', url: 'https://github.com/rails/rails/compare/v8.1.3...v8.1.3.1' },
      { label: 'Gem page', url: 'https://rubygems.org/gems/rails' },
    ])
  })

  it('offers no comparison with a yanked release, or with nothing', () => {
    const labels = (message: Parameters<typeof aMessage>[0]) =>
      announce(aMessage(message)).links.map((link) => link.label)
    expect(labels({ kind: 'yanked' })).toEqual(['Changelog', 'Gem page'])
    expect(labels({ previous: null })).toEqual(['Changelog', 'Gem page'])
  })

  it.each([
    ['ruby', ['By David Heinemeier Hansson', 'Licence: MIT']],
    ['push-demo', ['By Ada Example, Grace Example', 'Licence: MIT, Apache-2.0']],
    ['odd-types', ['Licence: MIT', 'Platform: x86-mswin32-60']],
    ['nulls', []],
  ])('names who and under which licence: %s', (fixture, facts) => {
    expect(announce(aMessage({ body: payload(fixture) })).facts).toEqual(facts)
  })

  it.each([
    ['fire', 'Test: rails 8.1.3.1 released (patch)', /^Test: /],
    ['sample', 'Test: rails 8.1.3.1 released (patch)', /^Sample: this release does not exist/],
  ] as const)('says plainly that a %s is a test', (origin, title, notice) => {
    const announcement = announce(aMessage({ origin }))
    expect(announcement.title).toBe(title)
    expect(announcement.notice).toMatch(notice)
  })

  it('makes no first release of one that was only fired', () => {
    const announcement = announce(aMessage({ origin: 'fire', previous: null }))
    expect(announcement.title).toBe('Test: rails 8.1.3.1 released')
    expect(announcement.summary).toBe('Release: 8.1.3.1')
  })

  it('links to the gem page of the verified name, whatever the body says', () => {
    for (const project_uri of ['https://evil.example/rubygems.org/gems/rails', null]) {
      const body = JSON.stringify({ ...JSON.parse(payload('ruby')), project_uri })
      const page = announce(aMessage({ body })).links.find((link) => link.label === 'Gem page')
      expect(page?.url).toBe('https://rubygems.org/gems/rails')
    }
  })

  it('tells a long version number in full, if not in the title', () => {
    const version = `1.0.${'9'.repeat(60)}`
    const body = JSON.stringify({ ...JSON.parse(payload('ruby')), version })
    expect(announce(aMessage({ body })).facts).toContain(`Version: ${version}`)
  })

  it('puts nothing into a title that has a meaning anywhere, and keeps it short', () => {
    fc.assert(
      fc.property(hostileMessage, (message) => {
        const { title } = announce(message)
        expect(title).toMatch(/^[\w.+?:() …-]+$/)
        expect(title.length).toBeLessThanOrEqual(150)
      }),
    )
  })
})
