import type { HookRow } from '../ledger/hooks.js'
import { yamlDocument } from '../yaml.js'
import { type Answer, answer, json } from './answer.js'
import { type Format, frameworkError } from './format.js'

/** Answers with an account's hooks as JSON or YAML, and with 406 in other formats. */
export function listHooks(hooks: readonly HookRow[], format: Format): Answer {
  if (format === 'json' || format === 'any') return json(200, listingJson(hooks))
  return format === 'yaml' ? answer(200, yamlHeaders, listingYaml(hooks)) : frameworkError(406, format)
}

const yamlHeaders = {
  'Content-Type': 'text/yaml',
  'Content-Disposition': 'attachment',
  'Content-Transfer-Encoding': 'binary',
}

/** An account's hooks as RubyGems.org lists them: by gem in order of registration, `all gems` last (§6). */
export function listingJson(hooks: readonly HookRow[]): string {
  const groups = [...groupByGem(hooks)].map(
    ([name, rows]) => `${JSON.stringify(name)}:${JSON.stringify(rows)}`,
  )
  // Put together by hand: as keys of an object, names like __proto__ would go astray.
  return `{${groups.join(',')}}`
}

/** The same listing as Ruby's psych writes it. */
export function listingYaml(hooks: readonly HookRow[]): string {
  return yamlDocument(groupByGem(hooks))
}

interface ListedHook {
  failure_count: number
  url: string
}

function groupByGem(hooks: readonly HookRow[]): Map<string, ListedHook[]> {
  const groups = new Map<string, ListedHook[]>()
  const globalLast = [
    ...hooks.filter((hook) => hook.gemName !== '*'),
    ...hooks.filter((hook) => hook.gemName === '*'),
  ]
  for (const { gemName, failureCount, url } of globalLast) {
    const name = gemName === '*' ? 'all gems' : gemName
    const rows = groups.get(name) ?? []
    rows.push({ failure_count: failureCount, url })
    groups.set(name, rows)
  }
  return groups
}
