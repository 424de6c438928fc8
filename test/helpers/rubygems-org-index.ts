import { createHash } from 'node:crypto'
import { type OrgAnswer, type OrgRequest, text } from './rubygems-org-answer.js'
import { type Catalogue, numberAndPlatform, type OrgRelease } from './rubygems-org-catalogue.js'

/** The stand-in's compact index (protocol/rubygems-api.md §6, format 2). */
export interface OrgIndex {
  /** Appends the line for what has just happened to a release. */
  append(release: OrgRelease): void
  /** What the upstream does every month: writes `/versions` anew, without yanks, with one line for each gem. */
  rebuild(): void
  /** Null for paths of other parts. */
  answer(request: OrgRequest): OrgAnswer | null
}

export function createIndex(catalogue: Catalogue, now: () => number): OrgIndex {
  let lines: string[] = []
  const head = () => `created_at: ${seconds(now())}\n---\n`
  let start = head()

  return {
    append(release) {
      const sign = release.state === 'yanked' ? '-' : ''
      const checksum = md5(infoOf(catalogue.of(release.name)))
      lines.push(`${release.name} ${sign}${numberAndPlatform(release)} ${checksum}\n`)
    },
    rebuild() {
      start = head()
      const withReleases = catalogue.gemNames().filter((name) => live(catalogue.of(name)).length > 0)
      lines = withReleases.sort().map((name) => {
        const rows = catalogue.of(name)
        return `${name} ${live(rows).map(numberAndPlatform).join(',')} ${md5(infoOf(rows))}\n`
      })
    },
    answer(request) {
      if (request.path === '/versions') return ranged(request, Buffer.from(start + lines.join('')))
      const name = /^\/info\/([^/]+)$/.exec(request.path)?.[1]
      if (name === undefined) return null
      if (!catalogue.hasGem(name)) return text(404, 'This gem could not be found')
      return ranged(request, Buffer.from(infoOf(catalogue.of(name))))
    },
  }
}

function ranged(request: OrgRequest, whole: Buffer): OrgAnswer {
  const etag = `"${createHash('md5').update(whole).digest('hex')}"`
  const headers = {
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Repr-Digest': `sha-256=:${createHash('sha256').update(whole).digest('base64')}:`,
    'Cache-Control': 'max-age=60, public',
  }
  if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: '' }
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  if (range === undefined) return { ...text(200, '', headers), body: whole }
  const from = Number(range)
  if (from >= whole.length) return text(416, '', { 'Content-Range': `bytes */${whole.length}` })
  const part = { 'Content-Range': `bytes ${from}-${whole.length - 1}/${whole.length}` }
  return { ...text(206, '', { ...headers, ...part }), body: whole.subarray(from) }
}

function infoOf(rows: readonly OrgRelease[]): string {
  return `---\n${live(rows).map(infoLine).join('')}`
}

function infoLine(release: OrgRelease): string {
  const dependencies = (release.facts.dependencies ?? {}) as {
    runtime?: { name: string; requirements: string }[]
  }
  const runtime = (dependencies.runtime ?? []).map(
    ({ name, requirements }) => `${name}:${requirements.replaceAll(', ', '&')}`,
  )
  const own = `checksum:${release.sha},ruby:>= 3.2.0,created_at:${seconds(release.createdAt)}`
  return `${numberAndPlatform(release)} ${runtime.join(',')}|${own}\n`
}

function live(rows: readonly OrgRelease[]): OrgRelease[] {
  return rows.filter((row) => row.state === 'live')
}

function seconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

function md5(value: string): string {
  return createHash('md5').update(value).digest('hex')
}
