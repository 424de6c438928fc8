import type { Command } from 'commander'
import type { Config } from '../config.js'
import type { Problem } from '../error.js'
import { isoMoment } from '../iso-moment.js'
import type { Ledger } from '../ledger/ledger.js'
import type { FoundEvent, Keep } from '../reconcile/arrivals.js'
import type { Rubygems } from '../rubygems/client.js'
import { failWith } from './fail.js'
import { type Column, createOutput } from './output.js'
import { withProgress } from './progress.js'
import { loadConfig } from './settings.js'

interface Options {
  since: string
  dryRun: boolean
  json: boolean
}

/** `gemherald catch-up`: records what the upstream released since a time and the ledger lacks. */
export function addCatchUp(program: Command): void {
  program
    .command('catch-up')
    .description(
      'record releases since a time that hooks want and the ledger lacks; the server may be running',
    )
    .requiredOption('--since <time>', 'date, from midnight UTC, or ISO date-time, UTC unless it has a zone')
    .option('--dry-run', 'print what would be recorded, and change nothing', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(catchUpSince)
}

const examples = `
Examples:
  $ gemherald catch-up --since 2026-11-01 --dry-run
  $ gemherald catch-up --since 2026-11-01T18:30:00+01:00
  $ gemherald catch-up --since 2026-11-01 --json`

async function catchUpSince({ since, dryRun, json }: Options): Promise<void> {
  const from = readTime(since)
  if (from === undefined) return failWith(notSuchATime(since))
  const config = await loadConfig()
  if (config === undefined) return
  const { openLedgerBeside } = await import('../ledger/ledger.js')
  const opened = openLedgerBeside(config.dataDir)
  if (!opened.ok) return failWith(opened.problem)
  const ledger = opened.value
  try {
    const output = createOutput({ json })
    const { wantsNothing } = await import('../reconcile/wants.js')
    if (wantsNothing(ledger.hooks.wanted(config.rubygemsHost)))
      return output.table([], columns, nothingWanted)
    const { events, problem } = await withProgress('Catching up', (report) =>
      find({ config, ledger, from, dryRun, report }),
    )
    if (problem === null || json || events.length > 0)
      output.table(events.map(rowOf), columns, nothingMissing)
    if (problem !== null) failWith(problem)
  } finally {
    ledger.close()
  }
}

const firstGems = Date.UTC(2003, 0, 1)

/** Undefined when it is none, lies in the future, or before there were gems. */
function readTime(text: string): number | undefined {
  const moment = isoMoment(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (moment === undefined || !isInCalendar(text.trim().slice(0, 10))) return undefined
  return moment >= firstGems && moment <= Date.now() ? moment : undefined
}

/** JavaScript takes 31 November for 1 December. */
function isInCalendar(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
}

function notSuchATime(text: string): Problem {
  const message = `--since ${JSON.stringify(text.slice(0, 100))} is not a time from 2003 to now, such as 2026-11-01 or 2026-11-01T18:30:00Z.`
  return { code: 'invalid', message }
}

const nothingWanted = 'No hook wants anything, so nothing is missing: gemherald hooks add GEM URL adds one.'
const nothingMissing = 'Nothing is missing.'

interface Search {
  config: Config
  ledger: Ledger
  /** ms since the epoch */
  from: number
  dryRun: boolean
  report(text: string): void
}

/** What was found, and recorded unless it is a dry run; the problem that ended it early, if one did. */
async function find(search: Search): Promise<{ events: FoundEvent[]; problem: Problem | null }> {
  const [{ createRubygems }, { createOutbound }, { userAgent }] = await Promise.all([
    import('../rubygems/client.js'),
    import('../outbound/client.js'),
    import('../about.js'),
  ])
  const { rubygemsHost: host, outboundAllow: allow } = search.config
  const outbound = createOutbound({ allow, userAgent })
  const events: FoundEvent[] = []
  try {
    const problem = await findWith(createRubygems({ host, outbound }), search, events)
    return { events, problem }
  } finally {
    await outbound.close()
  }
}

/** Adds to `events` what it finds; why it ended early, or null. Progress is the server's, and left alone. */
async function findWith(
  rubygems: Rubygems,
  { config, ledger, from, dryRun, report }: Search,
  events: FoundEvent[],
): Promise<Problem | null> {
  const [{ catchUp }, { rehearse }, { wantsOf }, { isStorageTrouble }] = await Promise.all([
    import('../reconcile/catch-up.js'),
    import('../reconcile/rehearsal.js'),
    import('../reconcile/wants.js'),
    import('../ledger/open.js'),
  ])
  const wants = wantsOf(ledger.hooks.wanted(config.rubygemsHost))
  const listenedFrom = ledger.upstreams.progress(config.rubygemsHost)?.begunAt ?? Date.now()
  const record: Keep = (arrivals) =>
    ledger.arrivals.record(
      arrivals.map((arrival) => ({ ...arrival, isHistory: arrival.createdAt < listenedFrom })),
    )
  const keep = dryRun ? rehearse(ledger.arrivals) : record
  const parts = { ledger, rubygems, wants, since: () => from, keep, now: Date.now }
  try {
    for await (const page of catchUp({ from, to: Date.now() }, parts)) {
      if (!page.ok) return explained(page.problem)
      events.push(...page.value.events)
      report(`${iso(page.value.until).slice(0, 10)}, ${events.length} found`)
    }
    return null
  } catch (error) {
    if (!isStorageTrouble(error)) throw error
    return { code: 'unavailable', message: `The ledger cannot be written: ${error.message}.` }
  }
}

/** `invalid` would say that the command line was wrong. */
function explained({ code, message }: Problem): Problem {
  return { code: code === 'invalid' ? 'unavailable' : code, message }
}

interface Row {
  kind: string
  gem: string
  version: string
  platform: string
  created: string
}

function rowOf({ kind, gemName, number, platform, createdAt }: FoundEvent): Row {
  return { kind, gem: gemName, version: number, platform, created: iso(createdAt) }
}

const columns: Column<Row>[] = [
  { title: 'kind', value: ({ kind }) => kind },
  { title: 'gem', value: ({ gem }) => gem },
  { title: 'version', value: ({ version }) => version },
  { title: 'platform', value: ({ platform }) => platform },
  { title: 'created', value: ({ created }) => created },
]

function iso(time: number): string {
  return new Date(time).toISOString()
}
