import type { Command } from 'commander'
import type { UpstreamResult } from '../rubygems/result.js'
import type { HookAddress, WebHooks } from '../rubygems/web-hooks.js'
import { failWith } from './fail.js'
import { takesHook } from './hook-arguments.js'
import { createOutput } from './output.js'
import { addCalibrate } from './upstream-calibrate.js'
import { loadUpstreamConfig, type UpstreamOptions, withUpstream } from './upstream-client.js'
import { explainUpstream } from './upstream-failure.js'
import { addUpstreamList } from './upstream-list.js'
import { addUpstreamSync } from './upstream-sync.js'

/** `gemherald upstream`: the hooks of our own account at RubyGems.org, or whichever host RUBYGEMS_HOST is. */
export function addUpstream(program: Command): void {
  const upstream = program
    .command('upstream')
    .description('manage hooks on RubyGems.org (RUBYGEMS_API_KEY; RUBYGEMS_HOST for another host)')
    .addHelpText('after', examples)
  addUpstreamList(upstream)
  onHook(upstream, 'add', 'have the upstream call a URL for each release of a gem', addExamples).action(add)
  onHook(upstream, 'remove', 'remove a hook from the upstream', removeExamples).action(remove)
  onHook(
    upstream,
    'fire',
    'have the upstream send one test message, and show what came of it',
    fireExamples,
  ).action(fire)
  addUpstreamSync(upstream)
  addCalibrate(upstream)
}

const examples = `
Examples:
  $ RUBYGEMS_API_KEY=rubygems_… gemherald upstream list
  $ gemherald upstream sync
  $ gemherald upstream sync --apply`

const addExamples = `
Examples:
  $ gemherald upstream add rails https://gems.example.org/webhooks/rubygems
  $ gemherald upstream add '*' https://gems.example.org/webhooks/rubygems --otp 123456`

const removeExamples = `
Examples:
  $ gemherald upstream remove rails https://gems.example.org/webhooks/rubygems
  $ gemherald upstream remove '*' https://old.example.org/hook --json`

const fireExamples = `
RubyGems.org fires 10 times in 10 minutes, and waits about 10 s for a far side that fails.

Examples:
  $ gemherald upstream fire rails https://gems.example.org/webhooks/rubygems
  $ gemherald upstream fire '*' https://gems.example.org/webhooks/rubygems`

function onHook(upstream: Command, name: string, description: string, help: string): Command {
  return takesHook(upstream.command(name), 'http or https')
    .description(description)
    .option('--otp <code>', 'one-time password, where the account asks for one')
    .option('--json', 'print JSON', false)
    .addHelpText('after', help)
}

function add(gemName: string, url: string, options: UpstreamOptions): Promise<void> {
  const wording = { label: 'Adding the hook', status: 'created' } as const
  return write({ gemName, url }, options, wording, ({ create }, hook) => create(hook))
}

function remove(gemName: string, url: string, options: UpstreamOptions): Promise<void> {
  const wording = { label: 'Removing the hook', status: 'removed' } as const
  return write({ gemName, url }, options, wording, (webHooks, hook) => webHooks.remove(hook))
}

function fire(gemName: string, url: string, options: UpstreamOptions): Promise<void> {
  const wording = { label: 'Waiting for what comes of the test message', status: 'delivered' } as const
  return write({ gemName, url }, options, wording, (webHooks, hook) => webHooks.fire(hook))
}

/** What is said while a write runs, and what it has done when it is done. */
interface Wording {
  label: string
  status: 'created' | 'removed' | 'delivered'
}

async function write(
  hook: HookAddress,
  { otp, json }: UpstreamOptions,
  { label, status }: Wording,
  act: (webHooks: WebHooks, hook: HookAddress) => Promise<UpstreamResult<string>>,
): Promise<void> {
  const config = await loadUpstreamConfig()
  if (config === undefined) return
  const done = await withUpstream(config, { otp, label }, (webHooks) => act(webHooks, hook))
  if (!done.ok) return failWith(await explainUpstream(done.problem, hook.gemName, config))
  const output = createOutput({ json })
  if (json) output.json({ status, gem: hook.gemName, url: hook.url, text: done.value })
  else output.line(done.value)
}
