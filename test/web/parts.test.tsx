import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { Action } from '../../src/web/parts/action.js'
import { Badge } from '../../src/web/parts/badge.js'
import { Code } from '../../src/web/parts/code.js'
import { Details } from '../../src/web/parts/details.js'
import { Empty } from '../../src/web/parts/empty.js'
import { Field } from '../../src/web/parts/field.js'
import { Moment } from '../../src/web/parts/moment.js'
import { Notice } from '../../src/web/parts/notice.js'
import { Pager } from '../../src/web/parts/pager.js'
import { relativeTime } from '../../src/web/parts/relative-time.js'
import { testTime } from '../helpers/temp-ledger.js'

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]

describe('a moment', () => {
  it.each([
    [0, 'just now'],
    [-4_999, 'just now'],
    [-5 * second, '5 s ago'],
    [-minute + 1, '59 s ago'],
    [-minute, '1 min ago'],
    [-hour + 1, '59 min ago'],
    [-hour, '1 h ago'],
    [-day, '1 d ago'],
    [-30 * day + 1, '29 d ago'],
    [-30 * day, '2026-08-02'],
    [1, 'now'],
    [5 * second, 'in 5 s'],
    [90 * minute, 'in 1 h'],
    [40 * day, '2026-10-11'],
  ])('%i ms from now is said: %s', (ms, words) => {
    expect(relativeTime(testTime + ms, testTime)).toBe(words)
  })

  it('is said by the script in the same words', () => {
    const script = readFileSync(join(packageRoot, 'assets/page.js'), 'utf8')
    const [text = ''] = /function relativeTime[\s\S]*?\n\}/.exec(script) ?? []
    const ofScript: typeof relativeTime = runInNewContext(`(${text})`)
    const span = fc.integer({ min: -400 * day, max: 400 * day })
    const near = fc.integer({ min: -2 * hour, max: 2 * hour })
    fc.assert(
      fc.property(fc.oneof(span, near), (ms) => {
        expect(ofScript(testTime + ms, testTime)).toBe(relativeTime(testTime + ms, testTime))
      }),
    )
  })

  it('has the exact time on hover', () => {
    expect(renderToStaticMarkup(<Moment at={testTime} now={testTime + hour} />)).toBe(
      '<time datetime="2026-09-01T12:00:00.000Z" title="2026-09-01 12:00:00 UTC">1 h ago</time>',
    )
  })
})

describe('an action', () => {
  it('is a form that posts what it has to', () => {
    const html = renderToStaticMarkup(
      <Action
        to="/deliveries/7/redeliver"
        csrf="a.b"
        fields={{ back: '/dead', id: 7 }}
        tone="bad"
        ask="Sure?"
      >
        Redeliver
      </Action>,
    )
    expect(html).toBe(
      '<form class="action" method="post" action="/deliveries/7/redeliver" data-ask="Sure?">' +
        '<input type="hidden" name="csrf" value="a.b"/><input type="hidden" name="back" value="/dead"/>' +
        '<input type="hidden" name="id" value="7"/><button type="submit" class="button danger">Redeliver</button></form>',
    )
  })

  it('can be told apart from others that read alike', () => {
    const html = renderToStaticMarkup(
      <Action to="/x" csrf="" label="Remove rails">
        Remove
      </Action>,
    )
    expect(html).toContain('aria-label="Remove rails"')
  })
})

describe('a field', () => {
  it('is named by its label and described by its hint', () => {
    const html = renderToStaticMarkup(<Field label="Gem" name="gem" value="rails" hint="Or *." required />)
    expect(html).toContain('<label for="field-gem">Gem</label>')
    expect(html).toMatch(
      /<input id="field-gem" name="gem" value="rails" required aria-describedby="field-gem-hint"/,
    )
    expect(html).toContain('<p class="hint" id="field-gem-hint">Or *.</p>')
  })

  it('offers values to choose from', () => {
    const html = renderToStaticMarkup(<Field label="Gem" name="gem" list={['rails', 'rack']} id="two" />)
    expect(html).toMatch(/<input id="two".* list="two-list"/)
    expect(html).toContain(
      '<datalist id="two-list"><option value="rails"></option><option value="rack"></option>',
    )
    expect(html).not.toContain('aria-describedby')
  })
})

describe('a pager', () => {
  it.each([
    [null, null, ''],
    ['/?before=9', null, 'Newest'],
    [null, '/?before=1', 'Older'],
    ['/?before=9', '/?before=1', 'NewestOlder'],
  ])('with %s and %s reads %j', (newest, older, words) => {
    const html = renderToStaticMarkup(<Pager newest={newest} older={older} />)
    expect(html.replace(/<[^>]*>/g, '')).toBe(words)
  })
})

it('what can scroll can be reached by keyboard, and has a name', () => {
  const html = renderToStaticMarkup(<Code text={'{\n  "a": 1\n}'} language="json" label="The message" />)
  expect(html).toContain('<section class="code" aria-label="The message" tabindex="0">')
  expect(html).toContain('<pre><code class="language-json">{\n  &quot;a&quot;: 1\n}</code></pre>')
})

it('bad news is told at once, other news in its turn', () => {
  expect(renderToStaticMarkup(<Notice tone="bad">x</Notice>)).toContain('role="alert"')
  expect(renderToStaticMarkup(<Notice tone="good">x</Notice>)).toContain('role="status"')
})

it('hostile text stays text in every part', () => {
  const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\' onclick="x'
  const html = renderToStaticMarkup(
    <>
      <Badge tone="bad">{hostile}</Badge>
      <Action
        to={hostile}
        csrf={hostile}
        fields={{ [hostile]: hostile, back: hostile }}
        ask={hostile}
        label={hostile}
      >
        {hostile}
      </Action>
      <Field label={hostile} name={hostile} value={hostile} hint={hostile} id={hostile} list={[hostile]} />
      <Code text={hostile} language={hostile} label={hostile} />
      <Details summary={hostile}>{hostile}</Details>
      <Empty title={hostile}>{hostile}</Empty>
      <Notice tone="info">{hostile}</Notice>
      <Pager newest={hostile} older={hostile} />
    </>,
  )
  const tags = html.match(/<(?!\/)[^>"]*(?:"[^"]*"[^>"]*)*>/g) ?? []
  expect(tags.filter((tag) => /^<(?:script|img)/i.test(tag))).toEqual([])
  for (const tag of tags) expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/on\w+=|[<>].*[<>].*[<>]/)
})
