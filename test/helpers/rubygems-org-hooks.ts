import { urlKind, urlProblems } from '../../src/endpoint.js'
import { rubyArray } from '../../src/manage/ruby-literal.js'
import type { Accounts, OrgAccount, OrgHook, OrgKey } from './rubygems-org-accounts.js'
import { json, type OrgAnswer, type OrgRequest, text } from './rubygems-org-answer.js'
import { type Catalogue, mostRecent } from './rubygems-org-catalogue.js'
import type { Delivered, Deliveries } from './rubygems-org-deliveries.js'

interface Call {
  request: OrgRequest
  account: OrgAccount
  key: OrgKey
  gemName: string
  url: string
}

const tenMinutes = 600_000
const firesAllowed = 10

/** The hook API (protocol/rubygems-webhooks.md §1-§6), JSON only; null for paths of other parts. */
export function createHookApi(
  catalogue: Catalogue,
  accounts: Accounts,
  deliveries: Deliveries,
  now: () => number,
): (request: OrgRequest) => Promise<OrgAnswer | null> {
  const fired = new Map<string, number>()

  /** 10 in 10 minutes for each address and each key's owner, in windows of the clock (§1). */
  const throttle = (request: OrgRequest): OrgAnswer | null => {
    const window = Math.floor(now() / tenMinutes)
    const caller = accounts.authenticate(request)
    const keys = ['ip', ...('account' in caller ? [`account ${caller.account.id}`] : [])]
    const counts = keys.map((key) => {
      const count = (fired.get(`${window} ${key}`) ?? 0) + 1
      fired.set(`${window} ${key}`, count)
      return count
    })
    const left = Math.ceil(((window + 1) * tenMinutes - now()) / 1000)
    return Math.max(...counts) > firesAllowed
      ? text(429, 'Retry later\n', { 'Retry-After': `${left}` })
      : null
  }

  const list = (request: OrgRequest): OrgAnswer => {
    const caller = accounts.authenticate(request)
    if ('refusal' in caller) return caller.refusal
    if (!caller.key.scopes.includes('access_webhooks')) return accounts.denied(request)
    const accept = request.headers.accept
    const readable = request.path.endsWith('.json') || accept === '*/*' || accept === 'application/json'
    return readable ? json(200, listing(caller.account.hooks)) : text(406, '')
  }

  const create = ({ account, gemName, url }: Call): OrgAnswer => {
    const target = targetOf(gemName)
    const problems = urlProblems(url, urlKind(url) === 'web' ? 'web' : 'unusable')
    if (problems.length === 0 && account.hooks.some(isHook(target, url)))
      problems.push(
        target === null
          ? `A global hook for ${url} has already been registered`
          : `A hook for ${url} has already been registered for ${gemName}`,
      )
    if (problems.length > 0) return text(409, rubyArray(problems))
    account.hooks.push({ gemName: target, url, failureCount: 0, disabled: false })
    return text(201, `Successfully created webhook for ${shown(gemName)} to ${url}`)
  }

  const remove = ({ account, gemName, url }: Call): OrgAnswer => {
    account.hooks.splice(account.hooks.findIndex(isHook(targetOf(gemName), url)), 1)
    return text(200, `Successfully removed webhook for ${shown(gemName)} to ${url}`)
  }

  const fire = async ({ account, gemName, url }: Call): Promise<OrgAnswer> => {
    const name = gemName === '*' ? 'gemcutter' : gemName
    const release = mostRecent(catalogue.of(name))
    if (release === undefined || !/^https?:\/\//.test(url)) return text(500, 'Internal Server Error')
    const delivered = await deliveries.fire(url, release, account)
    if (delivered.succeeded)
      return text(200, `Successfully deployed webhook for ${name} to ${url}${responseBlock(delivered)}`)
    const reason = delivered.response === null ? delivered.error : 'exceeded'
    const error = `There was a problem deploying webhook for ${name} to ${url}\nFailed with status "failure": ${reason}`
    return json(400, { error: `${error}${responseBlock(delivered)}` })
  }

  const onHook = async (
    request: OrgRequest,
    act: (call: Call) => OrgAnswer | Promise<OrgAnswer>,
    mayMiss = true,
  ): Promise<OrgAnswer> => {
    const parameters = await readParameters(request)
    if (parameters === null) return json(400, { status: 400, error: 'Bad Request' })
    if ([...parameters.values()].some((value) => value.includes('\0')))
      return json(400, { error: 'bad request' })
    const caller = accounts.authenticate(request)
    if ('refusal' in caller) return caller.refusal
    const gemName = parameters.get('gem_name') ?? parameters.get('rubygem_name') ?? ''
    if (gemName !== '*' && !catalogue.hasGem(gemName)) return text(404, 'This gem could not be found')
    const url = parameters.get('url')
    if (url === undefined) return json(400, { error: 'URL was not provided' })
    if (!mayMiss && !caller.account.hooks.some(isHook(targetOf(gemName), url)))
      return text(404, 'No such webhook exists under your account.')
    const { scopes, gemName: only } = caller.key
    // A hook that is fired is always a global one, so a key for one gem may fire for any (§5.1).
    const tied = only !== null && only !== gemName && act !== fire
    if (!scopes.includes('access_webhooks') || tied) return accounts.denied(request)
    return act({ request, ...caller, gemName, url })
  }

  return async (request) => {
    const [, action = ''] = /^\/api\/v1\/web_hooks(?:\/(remove|fire))?(?:\.json)?$/.exec(request.path) ?? [
      null,
      null,
    ]
    switch (`${request.method} ${action}`) {
      case 'GET ':
        return isHookPath(request) ? privately(list(request)) : null
      case 'POST ':
        return isHookPath(request) ? privately(await onHook(request, create)) : null
      case 'DELETE remove':
        return privately(await onHook(request, remove, false))
      case 'POST fire':
        return privately(throttle(request) ?? (await onHook(request, fire)))
      default:
        return null
    }
  }
}

function isHookPath({ path }: OrgRequest): boolean {
  return /^\/api\/v1\/web_hooks(?:\.json)?$/.test(path)
}

/** The cache headers of §2.6. */
function privately(answer: OrgAnswer): OrgAnswer {
  const headers = {
    'Cache-Control': 'private, no-store',
    'Surrogate-Control': 'max-age=0',
    Vary: 'Authorization',
  }
  return { ...answer, headers: { ...headers, ...answer.headers } }
}

/** Groups in the order of their first hook; all gems last (§6). */
function listing(hooks: readonly OrgHook[]): Record<string, unknown> {
  const entry = ({ failureCount, url }: OrgHook) => ({ failure_count: failureCount, url })
  const groups = new Map<string, unknown[]>()
  for (const hook of hooks)
    if (hook.gemName !== null) groups.set(hook.gemName, [...(groups.get(hook.gemName) ?? []), entry(hook)])
  const global = hooks.filter((hook) => hook.gemName === null).map(entry)
  return { ...Object.fromEntries(groups), ...(global.length === 0 ? {} : { 'all gems': global }) }
}

function targetOf(gemName: string): string | null {
  return gemName === '*' ? null : gemName
}

function shown(gemName: string): string {
  return gemName === '*' ? 'all gems' : gemName
}

function isHook(target: string | null, url: string): (hook: OrgHook) => boolean {
  return (hook) => hook.gemName === target && hook.url === url
}

function responseBlock({ response }: Delivered): string {
  if (response === null) return ''
  const lines = Object.entries(response.headers).map(([name, value]) => `\n${titleCase(name)}: ${value}`)
  return `\n\nResponse: ${response.status}${lines.join('')}\n\n${response.body}`
}

function titleCase(header: string): string {
  return header.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

/** From query and body, the query wins (§2.1); null when the body cannot be read. */
async function readParameters(request: OrgRequest): Promise<Map<string, string> | null> {
  const type = request.headers['content-type'] ?? ''
  const body = new Map<string, string>()
  try {
    if (type.startsWith('application/json')) {
      const values = JSON.parse(request.body.toString('utf8')) as Record<string, unknown>
      for (const [name, value] of Object.entries(values)) if (typeof value === 'string') body.set(name, value)
    } else if (request.body.length > 0) {
      const form = await new Response(new Uint8Array(request.body), {
        headers: { 'Content-Type': type },
      }).formData()
      for (const [name, value] of form) if (typeof value === 'string') body.set(name, value)
    }
  } catch {
    return null
  }
  return new Map([...body, ...request.query])
}
