import type { Command } from 'commander'
import { addressUrl } from '../address-url.js'
import { fail, ok, type Result } from '../error.js'
import type { Ledger } from '../ledger/ledger.js'
import { plain } from '../plain-text.js'
import { closeAfter, findLedger } from './beside-ledger.js'
import { failWith } from './fail.js'
import { longestName } from './lines.js'
import { didYouMean } from './near.js'
import { createOutput } from './output.js'
import { loadConfig } from './settings.js'

/** `gemherald sign-in`: a link that signs one person in to the page once, without an API key. */
export function addSignIn(program: Command): void {
  program
    .command('sign-in')
    .description('make a link that signs you in to the page, once and within an hour (DATA_DIR)')
    .option('--account <name>', 'as which account', 'default')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(signIn)
}

const examples = `
Examples:
  $ gemherald sign-in
  $ gemherald sign-in --account team-a
  $ DATA_DIR=/data PUBLIC_URL=https://gems.example.org gemherald sign-in

Whoever opens the link first is signed in: send it to nobody else.`

async function signIn({ account, json }: { account: string; json: boolean }): Promise<void> {
  const config = await loadConfig()
  if (config === undefined) return
  const [found, { createSignInLink, linkMs, signInUrl }] = await Promise.all([
    findLedger(config),
    import('../web/sign-in-link.js'),
  ])
  if (!found.ok) return failWith(found.problem)
  const ledger = found.value
  const { nearKeys } = await import('../manage/keys.js')
  const now = Date.now()
  const made = await closeAfter(ledger, () => {
    const accountId = accountNamed(ledger, account, now, nearKeys)
    return accountId.ok ? ok(createSignInLink({ ledger, now: () => now }, accountId.value)) : accountId
  })
  if (!made.ok) return failWith(made.problem)
  const url = signInUrl(config.publicUrl ?? addressUrl(config.host, config.port), made.value)
  const until = new Date(now + linkMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const output = createOutput({ json })
  if (json) output.json({ account, url, expires_at: until })
  else output.line(url)
  // Not on stdout, so that a script can take the link from there.
  if (await output.written()) console.error(`It signs in as account ${account}, once, until ${until}.`)
}

/** An account without a valid key is closed: its links sign nobody in. */
function accountNamed(
  { accounts }: Pick<Ledger, 'accounts'>,
  account: string,
  now: number,
  nearKeys: typeof import('../manage/keys.js').nearKeys,
): Result<number> {
  const keys = accounts.keys()
  const key = keys.find((one) => one.account === account)
  const name = plain(account, longestName)
  if (key === undefined) {
    const near = didYouMean(nearKeys(keys, { account, label: null }))
    return fail('not_found', `There is no account ${name} with keys.${near}`)
  }
  if (accounts.hasValidKey(key.accountId, now)) return ok(key.accountId)
  return fail(
    'unauthorized',
    `All keys of account ${name} were revoked or have expired: make a new one first, with keys create ${name}.`,
  )
}
