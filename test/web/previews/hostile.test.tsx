import fc from 'fast-check'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { expect, it } from 'vitest'
import { previewOf } from '../../../src/channels/preview.js'
import { Previews } from '../../../src/web/previews/previews.js'
import { type HostileRelease, hostileRelease } from '../../channels/hostile-payloads.js'
import { aJob } from '../../channels/jobs.js'
import { linkFaults } from '../../channels/judge-links.js'
import { type PageElement, readPage } from './strict-page.js'

const job = aJob({ channel: 'inbox', url: 'inbox:demo' })
const htmlAt = '/inbox/demo/1/email.html'

/** Every promise about the previews of a release that the page breaks. Throws when it is no page at all. */
function faultsOf(release: HostileRelease): string[] {
  const preview = previewOf({ ...job, message: release.message }, null, 0)
  const { elements, text } = readPage(renderToStaticMarkup(<Previews preview={preview} htmlAt={htmlAt} />))
  const links = elements.filter(({ name }) => name === 'a')
  return [
    ...elements.filter((element) => !isOwn(element)).map((element) => JSON.stringify(element)),
    ...linkFaults(
      links.map(({ attributes, text }) => ({ url: attributes.href ?? '', label: text })),
      release,
    ),
    ...(text.includes(preview.email.subject) ? [] : ['no subject']),
    ...(text.includes(release.message.body) ? [] : ['not the body']),
  ]
}

function isOwn({ name, attributes }: PageElement): boolean {
  const allowed = own[name]
  return (
    allowed !== undefined && Object.entries(attributes).every(([key, value]) => allowed[key]?.test(value))
  )
}

/** All elements that previews are made of, with their attributes. */
const own: Record<string, Record<string, RegExp>> = {
  a: { href: /^https?:\/\//, rel: /^noreferrer$/ },
  code: { class: /^language-(?:json|html)$/ },
  dd: {},
  details: {},
  div: { class: /^(?:previews|slack|stack)$/ },
  dl: { class: /^facts$/ },
  dt: {},
  h2: { id: /^preview-(?:slack|email|webhook)$/ },
  iframe: {
    class: /^email$/,
    src: /^\/inbox\/demo\/1\/email\.html$/,
    sandbox: /^$/,
    title: /^Email: \[gems\] /,
    loading: /^lazy$/,
  },
  p: { class: /^slack-(?:from|header|context)$/ },
  pre: {},
  section: {
    class: /^(?:preview panel stack|code)$/,
    'aria-labelledby': /^preview-(?:slack|email|webhook)$/,
    'aria-label': /^[A-Z][a-z A-Z]+$/,
    tabindex: /^0$/,
  },
  span: { class: /^slack-app$/ },
  strong: {},
  summary: {},
}

it('500 hostile payloads leave no foreign element, attribute or link in the previews', () => {
  fc.assert(
    fc.property(hostileRelease, (release) => {
      expect(faultsOf(release)).toEqual([])
    }),
    { numRuns: 500 },
  )
}, 60_000)

it.each([
  '<p class="x">y</p>',
  '<p onclick="x">y</p>',
  '<img src="https://evil.example/"/>',
  '<script>x</script>',
  '<a href="javascript:x">y</a>',
  '<section style="x">y</section>',
])('the judge sees %s', (html) => {
  expect(readPage(html).elements.every(isOwn)).toBe(false)
})
