import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { yamlDocument, yamlList } from '../src/yaml.js'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

describe('yamlDocument', () => {
  it('writes the documented gem', () => {
    expect(yamlDocument(JSON.parse(fixture('api-gem-rails.json')))).toBe(fixture('api-gem-rails.yaml'))
  })

  // What psych 5.4 over libyaml 0.2.5 writes.
  it.each([
    ['', "---\ninfo: ''\n"],
    ['1', "---\ninfo: '1'\n"],
    ['1.0', "---\ninfo: '1.0'\n"],
    ['8.1.3.1', '---\ninfo: 8.1.3.1\n'],
    ['1_000', "---\ninfo: '1_000'\n"],
    ['012', "---\ninfo: '012'\n"],
    ['0o7', '---\ninfo: 0o7\n'],
    ['08', "---\ninfo: '08'\n"],
    ['1e3', '---\ninfo: 1e3\n'],
    ['1.5e+3', "---\ninfo: '1.5e+3'\n"],
    ['12:30', "---\ninfo: '12:30'\n"],
    ['190:20:30.15', "---\ninfo: '190:20:30.15'\n"],
    ['2026-07-29', "---\ninfo: '2026-07-29'\n"],
    ['2026-02-30', '---\ninfo: 2026-02-30\n'],
    ['2026-07-29T15:02:41.060Z', "---\ninfo: '2026-07-29T15:02:41.060Z'\n"],
    ['2026-13-29T15:02:41Z', '---\ninfo: 2026-13-29T15:02:41Z\n'],
    ['true', "---\ninfo: 'true'\n"],
    ['Null', "---\ninfo: 'Null'\n"],
    ['y', '---\ninfo: "y"\n'],
    ['~', '---\ninfo: "~"\n'],
    ['é', '---\ninfo: é\n'],
    ['鋸', '---\ninfo: 鋸\n'],
    ['²', '---\ninfo: "²"\n'],
    ['= 1.0', '---\ninfo: "= 1.0"\n'],
    ['>= 2.2.4, < 4', '---\ninfo: ">= 2.2.4, < 4"\n'],
    [': "a"', '---\ninfo: \': "a"\'\n'],
    ['a: b', "---\ninfo: 'a: b'\n"],
    ['a:', "---\ninfo: 'a:'\n"],
    ['a #b', "---\ninfo: 'a #b'\n"],
    ['a#b', '---\ninfo: a#b\n'],
    ["it's", "---\ninfo: it's\n"],
    ["'tis", '---\ninfo: "\'tis"\n'],
    ['"q"', '---\ninfo: \'"q"\'\n'],
    [' a', '---\ninfo: " a"\n'],
    ['a ', "---\ninfo: 'a '\n"],
    ['a\tb', '---\ninfo: "a\\tb"\n'],
    ['a\n', "---\ninfo: 'a\n\n  '\n"],
    ['a\n\n', '---\ninfo: "a\\n\\n"\n'],
    ['a\nb', '---\ninfo: |-\n  a\n  b\n'],
    ['a\nb\n', '---\ninfo: |\n  a\n  b\n'],
    ['a\nb\n\n', '---\ninfo: |+\n  a\n  b\n\n...\n'],
    ['\na', '---\ninfo: |2-\n\n  a\n'],
    [' a\nb', '---\ninfo: |2-\n   a\n  b\n'],
    ['a \nb', '---\ninfo: "a \\nb"\n'],
    ['a😀b', '---\ninfo: "a\\U0001F600b"\n'],
    ['<<', "---\ninfo: !!str '<<'\n"],
    ['---', '---\ninfo: "---"\n'],
    ['--- "a"', '---\ninfo: \'--- "a"\'\n'],
    ['- "a"', '---\ninfo: \'- "a"\'\n'],
    ['[a]', '---\ninfo: "[a]"\n'],
    ['%a', '---\ninfo: "%a"\n'],
    [
      'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      '---\ninfo: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
    ],
    [
      'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more, ',
      "---\ninfo: 'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more, '\n",
    ],
    [
      "Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more, it's: so",
      "---\ninfo: 'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more, it''s: so'\n",
    ],
    [
      '"Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more, ',
      '---\ninfo: "\\"Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more, "\n',
    ],
    [
      'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more,é and even a few words more\n',
      "---\ninfo: 'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more,é and even a few words more\n\n  '\n",
    ],
    [
      'Nokogiri  makes  it  easy  and  painless  to  work  with  XML  and  HTML  from  Ruby  and  more,  ',
      "---\ninfo: 'Nokogiri  makes  it  easy  and  painless  to  work  with  XML  and  HTML  from  Ruby  and  more,  '\n",
    ],
    [
      'Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more, Nokogiri makes it easy and painless to work with XML and HTML from Ruby and more,',
      '---\ninfo: Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more, Nokogiri makes it easy and painless to work with XML and HTML from Ruby and\n  more,\n',
    ],
  ])('writes the text %j', (text, yaml) => {
    expect(yamlDocument({ info: text })).toBe(yaml)
  })

  it.each([
    [[], '--- []\n'],
    [{}, '--- {}\n'],
    [[null, true, 1, 1.5, 1e21], '---\n-\n- true\n- 1\n- 1.5\n- 1.0e+21\n'],
    [{ a: null, b: Number.POSITIVE_INFINITY }, '---\na:\nb:\n'],
    [{ a: [], b: {} }, '---\na: []\nb: {}\n'],
    [{ a: [[1, []], {}] }, '---\na:\n- - 1\n  - []\n- {}\n'],
    [[{ a: { b: ['c'] } }, { d: 1 }], '---\n- a:\n    b:\n    - c\n- d: 1\n'],
    [{ 'a\nb': 1 }, '---\n? |-\n  a\n  b\n: 1\n'],
    [{ ['x'.repeat(129)]: [{ a: 'b' }] }, `---\n? ${'x'.repeat(129)}\n: - a: b\n`],
    [{ yes: 'no', '1': 'x' }, "---\n'1': x\n'yes': 'no'\n"],
    [
      new Map([
        ['b', 1],
        ['__proto__', 2],
      ]),
      '---\nb: 1\n__proto__: 2\n',
    ],
  ])('writes the collection %j', (value, yaml) => {
    expect(yamlDocument(value)).toBe(yaml)
  })

  it('folds by the column that a text begins at, and indents what follows', () => {
    const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ')
    const [fifteen, five] = [words(15), words(5)]
    expect(yamlDocument([{ a: { b: `${fifteen} ${five}` } }])).toBe(
      `---\n- a:\n    b: ${fifteen}\n      ${five}\n`,
    )
    expect(yamlDocument([`${fifteen} ${five}`])).toBe(`---\n- ${fifteen} word\n  ${five.slice(5)}\n`)
  })

  it('reads back as it was', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'ab1.:-# \n\t"\'\\[{&*!|>%@`,?~=é鋸😀') }),
      fc.string({ unit: fc.constantFrom('word', 'and', ' ', 'more ', "it's ", ': '), maxLength: 80 }),
      fc.string({ unit: fc.constantFrom(...'\0\x07\b\x1b\x7f\x85\xa0\ufeff²y:') }),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.constantFrom(null, true, false, 0, -1, 12),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(fc.array(value), (list) => {
        expect(parse(yamlDocument(list), { version: '1.1', merge: false })).toEqual(list)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes long texts', () => {
    const text = 'word: '.repeat(100_000)
    expect(parse(yamlDocument([text]))).toEqual([text])
  })
})

describe('yamlList', () => {
  it.each([
    [[], ['--- []\n']],
    [[{}], ['---\n- {}\n']],
    [
      [{ a: 1, b: [] }, null, [1]],
      ['---\n- a: 1\n  b: []\n', '-\n', '- - 1\n'],
    ],
    [
      [{ a: 'b\nc\n\n' }, 'd'],
      ['---\n- a: |+\n    b\n    c\n\n', '- d\n', '...\n'],
    ],
  ])('writes the pieces of %j', (items, pieces) => {
    expect([...yamlList(items)]).toEqual(pieces)
    expect(pieces.join('')).toBe(yamlDocument(items))
  })
})
