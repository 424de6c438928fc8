import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../src/about.js'

/** The key that the benchmarked servers verify with. */
export const rubygemsKey = 'rubygems_key_of_the_benchmark'

/** The API key of the benchmarked servers. */
export const apiKey = 'gh_key_of_the_benchmark'

/** Real payloads, each with a version of its own, as RubyGems.org would sign them. */
export function newWebhooks(): () => { body: string; authorization: string } {
  const secret = createHash('sha256').update(rubygemsKey).digest('hex')
  const fixture = readFileSync(join(packageRoot, 'test/fixtures/webhook-payload-ruby.json'), 'utf8')
  const [before, after] = fixture.split('"version":"8.1.3.1"')
  let patch = 0
  return () => {
    patch += 1
    const version = `9.0.${patch}`
    const authorization = createHash('sha256').update(`rails${version}${secret}`).digest('hex')
    return { body: `${before}"version":"${version}"${after}`, authorization }
  }
}

/** Posts one webhook; throws unless it is accepted. */
export async function push(
  url: string,
  { body, authorization }: { body: string; authorization: string },
): Promise<void> {
  const answer = await fetch(`${url}/webhooks/rubygems`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  })
  if (answer.status !== 202)
    throw new Error(`A webhook was answered ${answer.status}: ${await answer.text()}`)
}

/** Registers a hook on all gems; throws unless it is created. */
export async function addHook(url: string, target: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1/web_hooks`, {
    method: 'POST',
    headers: { authorization: apiKey },
    body: new URLSearchParams({ gem_name: '*', url: target }),
  })
  if (answer.status !== 201) throw new Error(`A hook was answered ${answer.status}: ${await answer.text()}`)
}

/** How many deliveries a server still owes. */
export async function pendingDeliveries(url: string): Promise<number> {
  const answer = (await (await fetch(`${url}/readyz`)).json()) as { pendingDeliveries: number }
  return answer.pendingDeliveries
}

/** Waits until `condition` holds, looking every few ms. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
