import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../src/about.js'

// DESIGN §3: every outbound request uses the guarded client. What opens sockets may be imported only where it is guarded,
// where it listens, or where it goes to a place that the operator named.
const mayImport: Record<string, RegExp> = {
  // The guarded client itself.
  undici: /^src\/outbound\//,
  'node:dns': /^src\/outbound\/lookup\.ts$/,
  'node:net':
    /^src\/(outbound\/(connector|lookup|guard|address)|config|address-url|catalog\/throttle|manage\/address-check)\.ts$/,
  // It listens.
  'node:http': /^src\/server\.ts$/,
  // With our own fetch, which is the guarded client.
  '@slack/webhook': /^src\/channels\/slack\.ts$/,
  // SMTP_URL and REDIS_URL.
  nodemailer: /^src\/channels\/mail-server\.ts$/,
  ioredis: /^src\/transport\//,
  bullmq: /^src\/transport\//,
}
const nobodyMayImport = ['node:https', 'node:http2', 'node:tls', 'node:dgram', 'node:child_process']

const sources = ['src', 'workers'].flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(packageRoot, file), 'utf8')
  const values = text.matchAll(/^import (?!type\b)[^;]*? from '([^']+)'|\b(?:import|require)\('([^']+)'\)/gms)
  return [...values].map(([, statement, call]) => statement ?? call ?? '')
}

it('nothing opens a connection past the guard', () => {
  const imports = sources.flatMap((file) => importsOf(file).map((name) => ({ file, name })))
  expect(imports.length).toBeGreaterThan(500)
  const past = imports.filter(
    ({ file, name }) => nobodyMayImport.includes(name) || mayImport[name]?.test(file) === false,
  )
  expect(past).toEqual([])
})

it('nothing uses what Node.js itself fetches with', () => {
  const own = /(?<![.\w#])fetch\(|globalThis\.fetch|new (WebSocket|EventSource)\b/
  expect(sources.filter((file) => own.test(readFileSync(join(packageRoot, file), 'utf8')))).toEqual([])
})
