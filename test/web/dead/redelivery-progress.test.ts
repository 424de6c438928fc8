import { h } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { describe, expect, it } from 'vitest'
import type { Redelivery } from '../../../src/redeliver/redeliveries.js'
import { RedeliveryProgress } from '../../../src/web/dead/redelivery-progress.js'

function shown(...runs: Partial<Redelivery>[]): string {
  const found = runs.map((run, i) => ({ id: `${i}`, filter: {}, total: 0, done: 0, skipped: 0, ...run }))
  const asked = { found: found as Redelivery[], areSomeLost: false }
  return renderToStaticMarkup(h(RedeliveryProgress, { asked }))
}

describe('RedeliveryProgress', () => {
  it('shows how far all of them have come, and loads itself again as long as one runs', () => {
    const html = shown(
      { state: 'running', total: 1_000, done: 500 },
      { state: 'finished', total: 200, done: 200 },
    )
    expect(html).toContain('Redelivering: 700 of 1,200')
    expect(html).toContain('<progress max="1200" value="700"')
    expect(html).toContain('data-progress')
    expect(html).toContain('<noscript><meta http-equiv="refresh" content="2"')
  })

  it.each([
    { run: { total: 1, done: 1 }, says: '1 delivery goes out again.' },
    {
      run: { total: 2_000, done: 2_000, skipped: 500 },
      says: '1,500 deliveries go out again. 500 stay dead',
    },
    { run: { total: 0 }, says: '0 deliveries go out again.' },
  ])('says at the end: $says', ({ run, says }) => {
    const html = shown({ ...run, state: 'finished' })
    expect(html).toContain(says)
    expect(html).not.toContain('refresh')
    expect(html).not.toContain('data-progress')
  })

  it('says when it failed', () => {
    expect(shown({ state: 'failed', total: 9, done: 4 })).toContain('It stopped before its end')
  })
})
