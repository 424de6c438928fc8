import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'

const folder = join(packageRoot, 'assets')
const sheet = readFileSync(join(folder, 'frame.css'), 'utf8')
const [light = '', dark = ''] = [...sheet.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) => block ?? '')
const themes = { light: colours(light), dark: { ...colours(light), ...colours(dark) } }

/** Text that is shown on a background: every pair that the sheets use. */
const onAnything = ['text', 'muted', 'accent', 'good', 'bad', 'warn', 'info', 'quiet']
const backgrounds = ['bg', 'panel', 'raised', 'accent-soft']
const texts: [string, string][] = [
  ...onAnything.flatMap((text) => backgrounds.map((background): [string, string] => [text, background])),
  ...['good', 'bad', 'warn', 'info', 'quiet'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-soft`],
    ['text', `${tone}-soft`],
  ]),
  ['on-accent', 'accent'],
  // What the script says.
  ['panel', 'text'],
]
/** What shows where a field or a button is: WCAG 1.4.11. */
const edges: [string, string][] = ['field', 'accent'].flatMap((edge) =>
  ['bg', 'panel'].map((background): [string, string] => [edge, background]),
)

describe.each(Object.entries(themes))('in the %s theme', (_, theme) => {
  it.each(texts)('--%s can be read on --%s', (text, background) => {
    expect(contrast(theme[text], theme[background])).toBeGreaterThanOrEqual(4.5)
  })

  it.each(edges)('--%s stands out from --%s', (edge, background) => {
    expect(contrast(theme[edge], theme[background])).toBeGreaterThanOrEqual(3)
  })
})

it('both themes have the same colours', () => {
  expect(Object.keys(colours(dark)).sort()).toEqual(Object.keys(colours(light)).sort())
})

it('is measured as WCAG defines it', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
  expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2)
})

it.each(readdirSync(folder).filter((name) => name.endsWith('.css')))(
  '%s has no colour beside these',
  (name) => {
    const rules = readFileSync(join(folder, name), 'utf8').replace(/:root \{[^}]*\}/g, '')
    expect(rules.match(/#[\da-f]{3,8}\b/gi) ?? []).toEqual([])
  },
)

function colours(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  )
}

/** From 1 to 21; throws for a colour that is not there. */
function contrast(one: string | undefined, other: string | undefined): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(hex: string | undefined): number {
  if (hex === undefined) throw new Error('There is no such colour.')
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
