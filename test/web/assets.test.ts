import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'
import { type FrameStage, openFrameStage } from './frame-stage.js'

let stage: FrameStage
beforeEach(async () => {
  stage = await openFrameStage()
})
afterEach(() => stage.close())

/** The addresses of what the sign-in page loads. */
async function loaded(): Promise<string[]> {
  const { body } = await stage.visitor().get('/sign-in')
  return [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address ?? '')
}

describe('what pages load', () => {
  it('is a sheet, a script and an icon, each with a version', async () => {
    expect((await loaded()).sort()).toEqual([
      expect.stringMatching(/^\/assets\/icon\.svg\?v=[\da-f]{12}$/),
      expect.stringMatching(/^\/assets\/page\.css\?v=[\da-f]{12}$/),
      expect.stringMatching(/^\/assets\/page\.js\?v=[\da-f]{12}$/),
    ])
  })

  it('can be had by anybody, and be kept for a year', async () => {
    for (const address of await loaded()) {
      const { status, headers, body } = await stage.visitor().get(address)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(body).not.toBe('')
    }
  })

  it.each([
    ['/assets/page.css', 'text/css; charset=utf-8'],
    ['/assets/page.js', 'text/javascript; charset=utf-8'],
    ['/assets/icon.svg', 'image/svg+xml'],
  ])('%s is of its type, and is not kept without its version', async (path, type) => {
    for (const address of [path, `${path}?v=000000000000`]) {
      const { headers } = await stage.visitor().get(address)
      expect(headers.get('content-type')).toContain(type)
      expect(headers.get('cache-control')).toBe('no-cache')
    }
  })

  it.each([
    '/assets/frame.css',
    '/assets/../package.json',
    '/assets/%2e%2e/package.json',
    '/assets/',
    '/assets',
  ])('%s is nothing of it', async (path) => {
    expect((await stage.visitor().get(path)).status).toBe(404)
  })
})

it('the sheet holds all sheets, the frame’s first', async () => {
  const { body } = await stage.visitor().get('/assets/page.css')
  const sheets = readdirSync(join(packageRoot, 'assets')).filter((name) => name.endsWith('.css'))
  for (const name of sheets) expect(body).toContain(textOf(name))
  expect(body.startsWith(textOf('frame.css'))).toBe(true)
})

it.each(readdirSync(join(packageRoot, 'assets')))('%s loads nothing from elsewhere', (name) => {
  const text = textOf(name).replace('xmlns="http://www.w3.org/2000/svg"', '')
  // A plain `true` or `false`, since a failure would print the whole file.
  expect(/https?:|@import|\burl\(|[("'`]\/\/[a-z]/.test(text)).toBe(false)
})

it('the script is one that the page’s policy lets run, and makes no markup of text', () => {
  const script = textOf('page.js')
  expect(() => new Script(script)).not.toThrow()
  expect(script).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style\b/,
  )
})

function textOf(name: string): string {
  return readFileSync(join(packageRoot, 'assets', name), 'utf8')
}
