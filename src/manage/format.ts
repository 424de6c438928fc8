import { type Answer, answer } from './answer.js'

/** What an answer is to be written in: `any` is for a lone wildcard, `other` for all that RubyGems.org has no template for. */
export type Format = 'json' | 'yaml' | 'xml' | 'any' | 'other'

/**
 * The format asked for: by the suffix of the path, else by `Accept` (protocol/rubygems-webhooks.md §2.5). No `Accept`,
 * or a list with a wildcard in it, is taken for a browser.
 */
export function requestFormat(path: string, accept: string | undefined): Format {
  const suffix = /\.([^./]+)\/?$/.exec(path)?.[1]
  if (suffix !== undefined) return suffixes.get(suffix) ?? 'other'
  if (accept === undefined || /,\s*\*\/\*|\*\/\*\s*,/.test(accept)) return 'other'
  const types = byPreference(accept).map((type) => mediaTypes.get(type) ?? 'other')
  return types.find((type) => type === 'json' || type === 'yaml') ?? types[0] ?? 'other'
}

/** An error that the framework answers before or after the action: by format JSON, XML or an HTML page. */
export function frameworkError(status: 400 | 406, format: Format): Answer {
  const error = reasons[status]
  if (format === 'json')
    return answer(
      status,
      { 'Content-Type': 'application/json; charset=utf-8' },
      JSON.stringify({ status, error }),
    )
  if (format === 'xml')
    return answer(
      status,
      { 'Content-Type': 'application/xml; charset=utf-8' },
      `<hash><status type="integer">${status}</status><error>${error}</error></hash>`,
    )
  return answer(status, { 'Content-Type': 'text/html; charset=utf-8' }, pages[status])
}

const suffixes: ReadonlyMap<string, Format> = new Map([
  ['json', 'json'],
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
  ['xml', 'xml'],
])

const mediaTypes: ReadonlyMap<string, Format> = new Map([
  ['*/*', 'any'],
  ['application/json', 'json'],
  ['application/x-yaml', 'yaml'],
  ['text/yaml', 'yaml'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
])

const reasons = { 400: 'Bad Request', 406: 'Not Acceptable' }

const pages = {
  400: '<!DOCTYPE html><title>400 Bad Request</title><p>The request could not be read: check its body and parameters.</p>',
  406: '',
}

function byPreference(accept: string): string[] {
  return accept
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return { type, quality: quality === undefined ? 1 : Number.parseFloat(quality.slice(2)) || 0 }
    })
    .sort((a, b) => b.quality - a.quality)
    .map(({ type }) => type)
}
