import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { Claim, Explanation, NamedSecret } from '../receive/explain.js'
import { failWith } from './fail.js'
import { createOutput } from './output.js'
import { loadConfig } from './settings.js'

interface Options {
  explain: boolean
  key: string[]
  json: boolean
}

/** `gemherald verify`: whether the receiver would take an `Authorization` header, and why, or why not. */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check an Authorization header: exit code 0 when the receiver would accept it, 1 when not')
    .argument('<name>', 'name of the gem, as in the webhook’s body')
    .argument('<version>', 'version number, as in the webhook’s body, without platform')
    .argument('<authorization>', 'the header’s value, or - to read it from standard input')
    .option('--explain', 'say which secret made it, or what is wrong and what to do', false)
    .option(
      '--key <secret>',
      'a secret to try beside RUBYGEMS_API_KEYS; may be repeated',
      (secret: string, others: string[]) => [...others, secret],
      [],
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(verify)
}

const examples = `
Secrets come from RUBYGEMS_API_KEYS, and are never printed. Other versions of the gem come from DATA_DIR.

Examples:
  $ gemherald verify rails 8.1.3.1 3b33d31954f8e8ade47a54cff7919d97c3e68fb2734ab8bd63253ae26184798e
  $ pbpaste | gemherald verify --explain rails 8.1.3.1 -
  $ gemherald verify --explain rails 8.1.3.1 - --key "$OLDEST_KEY" < header.txt`

async function verify(name: string, number: string, header: string, options: Options): Promise<void> {
  const { verifyClaim, whyUnusable } = await import('../receive/verify-claim.js')
  // Before anything is read from standard input.
  const unusable = whyUnusable({ name, number })
  if (unusable !== null) return failWith({ code: 'invalid', message: unusable })
  const config = await loadConfig()
  if (config === undefined) return
  const { configuredSecrets } = await import('../receive/explain.js')
  const secrets = [...configuredSecrets(config.rubygemsKeys), ...givenSecrets(options.key)]
  const authorization = header === '-' ? withoutLineBreak(await text(process.stdin)) : header
  const claim = { name, number, authorization, secrets }
  const explanation = await verifyClaim(claim, (gemName) => numbersOf(gemName, config.dataDir))
  if (!explanation.ok) return failWith(explanation.problem)
  await print(claim, explanation.value, options)
}

function givenSecrets(texts: readonly string[]): NamedSecret[] {
  return texts.map((text, at) => ({ label: `--key ${at + 1}`, text }))
}

/** What ends a line belongs to the file, not to the header. */
function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Numbers of the gem in the ledger; none without a ledger. What else keeps them away is said on stderr. */
async function numbersOf(name: string, dataDir: string): Promise<string[]> {
  const { openLedgerBeside } = await import('../ledger/ledger.js')
  const opened = openLedgerBeside(dataDir)
  if (!opened.ok) {
    if (opened.problem.code !== 'not_found')
      console.error(`gemherald: other versions were not tried: ${opened.problem.message}`)
    return []
  }
  try {
    return opened.value.catalog.ofGem(name).map(({ number }) => number)
  } finally {
    opened.value.close()
  }
}

async function print(
  { name, number }: Pick<Claim, 'name' | 'number'>,
  explanation: Explanation,
  { explain, json }: Options,
): Promise<void> {
  const [{ explanationJson }, { sentencesOf, summaryOf }] = await Promise.all([
    import('../receive/explanation-json.js'),
    import('../receive/explanation-text.js'),
  ])
  const output = createOutput({ json })
  if (json) output.json({ name, version: number, ...explanationJson(explanation) })
  else output.line(explain ? sentencesOf(explanation).join('\n') : summaryOf(explanation))
  if (explanation.verdict !== 'match') process.exitCode = 1
}
