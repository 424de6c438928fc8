import { type Command, Option } from 'commander'
import { channels } from '../endpoint.js'
import type { Result } from '../error.js'
import type { Rubygems } from '../rubygems/client.js'
import type { UpstreamResult } from '../rubygems/result.js'
import type { FireWishes, HookAddress, HookWishes } from '../rubygems/web-hooks.js'
import { failWith } from './fail.js'
import { takesHook } from './hook-arguments.js'
import { type Asked, explainFailure } from './hooks-failure.js'
import { type Column, createOutput } from './output.js'
import { type OwnServer, withOwnServer } from './own-server.js'
import { loadConfig } from './settings.js'

/** `gemherald hooks`: the hooks of an account on a running gemherald, over its API. */
export function addHooks(program: Command): void {
  const hooks = program
    .command('hooks')
    .description('list, add, remove and fire hooks of a running gemherald (GEMHERALD_URL, GEMHERALD_API_KEY)')
    .addHelpText('after', examples)
  subcommand(hooks, 'list', 'show the hooks of your account', listExamples).action(list)
  onHook(hooks, 'add', 'have releases of a gem told to a URL', addExamples)
    .addOption(channelOption())
    .action(add)
  onHook(hooks, 'remove', 'remove a hook', removeExamples).action(remove)
  onHook(hooks, 'fire', 'send one test message and show what the far side said', fireExamples)
    .addOption(channelOption())
    .addOption(new Option('--kind <kind>', 'what to tell of').choices(['pushed', 'yanked']))
    .action(fire)
}

const examples = `
Examples:
  $ GEMHERALD_API_KEY=gh_… gemherald hooks list
  $ gemherald hooks add rails https://hooks.slack.com/services/T000/B000/XXXX
  $ gemherald hooks add '*' mailto:team@example.org`

const listExamples = `
Examples:
  $ gemherald hooks list
  $ gemherald hooks list --json
  $ gemherald hooks list | cut -f 2 | sort -u`

const addExamples = `
Examples:
  $ gemherald hooks add rails https://ci.example.org/releases
  $ gemherald hooks add '*' mailto:team@example.org
  $ gemherald hooks add rails https://chat.example.org/hooks/abc --channel slack`

const removeExamples = `
Examples:
  $ gemherald hooks remove rails https://ci.example.org/releases
  $ gemherald hooks remove '*' mailto:team@example.org`

const fireExamples = `
Examples:
  $ gemherald hooks fire rails https://ci.example.org/releases
  $ gemherald hooks fire rails mailto:team@example.org --kind yanked`

interface Options {
  json: boolean
}

function subcommand(hooks: Command, name: string, description: string, help: string): Command {
  return hooks
    .command(name)
    .description(description)
    .option('--json', 'print JSON', false)
    .addHelpText('after', help)
}

function onHook(hooks: Command, name: string, description: string, help: string): Command {
  return takesHook(subcommand(hooks, name, description, help), 'http, https or mailto')
}

function channelOption(): Option {
  return new Option('--channel <channel>', 'how the URL is reached; unless told, the URL decides').choices(
    channels,
  )
}

async function list({ json }: Options): Promise<void> {
  const server = await findServer()
  if (server === undefined) return
  const listed = await withOwnServer(server, 'Asking for the hooks', async (client) =>
    explained(await client.webHooks.list(), { url: server.url, gemName: null, client }),
  )
  if (!listed.ok) return failWith(listed.problem)
  const rows = listed.value.map(({ gemName, url, failureCount }) => ({
    gem: gemName,
    url,
    failures: failureCount,
  }))
  createOutput({ json }).table(rows, columns, 'There are no hooks yet: gemherald hooks add GEM URL adds one.')
}

const columns: Column<{ gem: string; url: string; failures: number }>[] = [
  { title: 'gem', value: ({ gem }) => gem },
  { title: 'url', value: ({ url }) => url },
  { title: 'failures', value: ({ failures }) => failures, align: 'right' },
]

function add(gemName: string, url: string, { json, channel }: Options & HookWishes): Promise<void> {
  return write({ gemName, url }, { json, label: 'Adding the hook', status: 'created' }, ({ webHooks }) =>
    webHooks.create({ gemName, url, channel }),
  )
}

function remove(gemName: string, url: string, { json }: Options): Promise<void> {
  return write({ gemName, url }, { json, label: 'Removing the hook', status: 'removed' }, ({ webHooks }) =>
    webHooks.remove({ gemName, url }),
  )
}

function fire(gemName: string, url: string, { json, channel, kind }: Options & FireWishes): Promise<void> {
  return write({ gemName, url }, { json, label: 'Firing', status: 'delivered' }, ({ webHooks }) =>
    webHooks.fire({ gemName, url, channel, kind }),
  )
}

/** What is said while a write runs, and what it has done when it is done. */
interface Wording extends Options {
  label: string
  status: 'created' | 'removed' | 'delivered'
}

async function write(
  { gemName, url }: HookAddress,
  { json, label, status }: Wording,
  act: (client: Rubygems) => Promise<UpstreamResult<string>>,
): Promise<void> {
  const server = await findServer()
  if (server === undefined) return
  const done = await withOwnServer(server, label, async (client) =>
    explained(await act(client), { url: server.url, gemName, client }),
  )
  if (!done.ok) return failWith(done.problem)
  const output = createOutput({ json })
  if (json) output.json({ status, gem: gemName, url, text: done.value })
  else output.line(done.value)
}

async function findServer(): Promise<OwnServer | undefined> {
  const config = await loadConfig()
  if (config === undefined) return undefined
  const { gemheraldUrl: url, apiKey } = config
  if (apiKey !== null) return { url, apiKey }
  failWith({
    code: 'invalid',
    message: `GEMHERALD_API_KEY is not set: give the API key of your account on the gemherald at ${new URL(url).host}.`,
  })
  return undefined
}

async function explained<T>(result: UpstreamResult<T>, asked: Asked): Promise<Result<T>> {
  return result.ok ? result : { ok: false, problem: await explainFailure(result.problem, asked) }
}
