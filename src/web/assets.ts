import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Router } from 'express'
import { packageRoot } from '../about.js'

/** A file that pages load. Its address changes with its content, so that it can be kept for good. */
interface Asset {
  path: string
  /** `path` and the version that it has now. */
  href: string
  type: string
  content: Buffer
}

const folder = join(packageRoot, 'assets')
let read: Record<'style' | 'script' | 'icon', Asset> | undefined

/** What pages load; read from disk once. */
export function assets(): Record<'style' | 'script' | 'icon', Asset> {
  read ??= {
    style: asset('/assets/page.css', 'text/css; charset=utf-8', styleSheets()),
    script: asset('/assets/page.js', 'text/javascript; charset=utf-8', fileOf('page.js')),
    icon: asset('/assets/icon.svg', 'image/svg+xml', fileOf('icon.svg')),
  }
  return read
}

/** GET /assets/…: open to everybody, since the sign-in page needs them. Browsers keep an address with a version for a year. */
export function assetsRouter(): Router {
  const router = Router()
  for (const { path, href, type, content } of Object.values(assets()))
    router.get(path, (req, res) => {
      const kept = req.originalUrl === href ? 'public, max-age=31536000, immutable' : 'no-cache'
      res.set({ 'Cache-Control': kept, 'Content-Type': type }).send(content)
    })
  return router
}

function asset(path: string, type: string, content: Buffer): Asset {
  const version = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return { path, href: `${path}?v=${version}`, type, content }
}

/** All sheets as one, so that a page asks once: the frame's first, since the others build on it. */
function styleSheets(): Buffer {
  const names = readdirSync(folder).filter((name) => name.endsWith('.css') && name !== 'frame.css')
  return Buffer.concat(['frame.css', ...names.sort()].map(fileOf))
}

function fileOf(name: string): Buffer {
  return readFileSync(join(folder, name))
}
