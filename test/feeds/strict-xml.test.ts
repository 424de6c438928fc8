import { expect, it } from 'vitest'
import { readXml } from './strict-xml.js'

const declared = (xml: string) => `<?xml version="1.0" encoding="utf-8"?>\n${xml}\n`

it('reads elements, attributes and texts', () => {
  expect(readXml(declared('<a b="&#38;c"><d/>e &lt; f</a>'))).toEqual({
    name: 'a',
    attributes: { b: '&c' },
    children: [{ name: 'd', attributes: {}, children: [] }, 'e < f'],
  })
})

it.each([
  ['<a>', 'not closed'],
  ['<a></b>', 'closed wrongly'],
  ['</a>', 'closes nothing'],
  ['<a>b < c</a>', 'a stray sign'],
  ['<a>&nbsp;</a>', 'an entity of HTML'],
  ['<a>&</a>', 'a stray ampersand'],
  ['<a b="1" b="2"/>', 'an attribute twice'],
  ["<a b='1'/>", 'the other quotes'],
  ['<a b=1/>', 'no quotes'],
  ['<a>]]></a>', 'the end of a section'],
  ['<a><!-- b --></a>', 'a comment'],
  ['<a/><b/>', 'two roots'],
  ['a', 'no root'],
  ['<a>\u0000</a>', 'a NUL'],
  ['<a>\uFFFE</a>', 'what is no character'],
  ['<a>\uD800</a>', 'half a pair'],
])('does not take %s: %s', (xml) => {
  expect(() => readXml(declared(xml))).toThrow()
})
