import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testTime } from '../../helpers/temp-ledger.js'
import { authorizationFor, secrets } from '../../helpers/webhooks.js'
import { openPageStage, type PageOptions, type PageStage } from '../hooks/page-stage.js'

let stage: PageStage
const open = async (options: PageOptions) => {
  await stage.close()
  stage = await openPageStage(options)
}
beforeEach(async () => {
  stage = await openPageStage({ env: { RUBYGEMS_API_KEYS: `${secrets.legacy},${secrets.modern}` } })
})
afterEach(() => stage.close())

const text = async (account?: string) => (await stage.get('/setup', account)).page.text

describe('for the operator', () => {
  it('tells what is set up and what is still to do', async () => {
    const page = await text()
    expect(page).toContain('https://gems.example.org/webhooks/rubygems/canary-token')
    expect(page).toMatch(/can reach this server done.*can be verified done.*lead here to do.*arrive to do/s)
    expect(page).toContain('RUBYGEMS_API_KEYS[1], RUBYGEMS_API_KEYS[2]')
    expect(page).toContain('set SMTP_URL and MAIL_FROM')
    expect(page).toContain(`DATA_DIR=${stage.temp.folder} bin/gemherald backup`)
    expect(page).toMatch(/takes [\d.]+ MB/)
    expect(page).toMatch(/SQLite\s*3\.\d+/)
  })

  it('says that the upstream cannot reach what is open to more than this machine', async () => {
    await open({ env: { PUBLIC_URL: '', HOST: '10.1.2.3', RUBYGEMS_HOST: 'https://rubygems.org' } })
    expect(await text()).toContain('rubygems.org cannot reach it. Set PUBLIC_URL')
  })

  it('is live as a whole, but for the form, and writes commands as they run here', async () => {
    const { page } = await stage.get('/setup')
    const live = page.elements.flatMap(({ attributes }) => attributes['data-live'] ?? [])
    expect(live).toEqual([
      'warnings',
      'receiving',
      'upstream-hooks',
      'delivering',
      'mail',
      'numbers',
      'backup',
      'versions',
    ])
    expect(page.text.replaceAll('bin/gemherald ', '')).not.toMatch(
      /gemherald (?:worker|backup|restore|upstream)/,
    )
  })

  it('never shows a secret', async () => {
    const { html } = await stage.get('/setup')
    for (const secret of Object.values(secrets)) expect(html).not.toContain(secret)
  })

  it('says what to set where nothing is set', async () => {
    await open({ env: { PUBLIC_URL: '', RUBYGEMS_HOST: 'https://rubygems.org' } })
    const page = await text()
    expect(page).toContain('http://127.0.0.1:8790/webhooks/rubygems/canary-token')
    expect(page).toContain('Only this machine can reach it. Set PUBLIC_URL')
    expect(page).toMatch(/Set PUBLIC_URL to how the world reaches this server/)
    expect(page).toContain('Until then every webhook is refused.')
    expect(page).toContain('Set RUBYGEMS_API_KEY to a key that may manage web hooks')
  })

  it('shows hooks at the upstream as they were last seen, without their URLs', async () => {
    const { upstream } = stage.manage
    const at = (path: string) => `https://gems.example.org/webhooks/rubygems${path}`
    const hooks = [
      { gemName: '*', url: at('/canary-token'), failureCount: 2 },
      { gemName: 'rails', url: at('/older-canary'), failureCount: 0 },
    ]
    stage.temp.ledger.upstreams.sawHooks(upstream.url, hooks, testTime - 120_000)
    const page = await text()
    expect(page).toMatch(/\* every gem\s*this receiver\s*2.*rails\s*an earlier URL of this server\s*0/s)
    expect(page).not.toContain('older-canary')
  })

  it('shows the workers, and what is wrong with the way to them', async () => {
    stage.health = { blocking: ['Redis is <away>.'], warnings: ['It is slow.'] }
    stage.workers = [
      {
        id: 'w1',
        host: 'box-1',
        pid: 42,
        version: '0.1.0',
        channels: ['webhook', 'slack'],
        startedAt: testTime - 3_600_000,
        secondsAgo: 3,
      },
    ]
    const page = await text()
    expect(page).toMatch(/stopped Redis is <away>\..*warning It is slow\./s)
    expect(page).toMatch(/box-1 pid 42\s*0\.1\.0\s*webhook, slack\s*1 h ago\s*3 s ago/)
  })

  it.each([
    [null, 'Redis cannot be asked which workers there are.'],
    [[], 'No worker has been seen for a minute'],
  ])('with the workers %j says so', async (workers, sentence) => {
    stage.workers = workers
    expect(await text()).toContain(sentence)
  })

  it('shows warnings first', async () => {
    stage.warnings = ['Webhooks <fell> silent.']
    expect(await text()).toContain('Webhooks <fell> silent.')
  })

  it('names Redis without its password', async () => {
    await open({ env: { REDIS_URL: 'redis://user:canary-password@redis.example:6380/2' } })
    const { html } = await stage.get('/setup')
    expect(html).toContain('redis.example:6380')
    expect(html).not.toContain('canary-password')
  })
})

describe('for other accounts', () => {
  it('tells only whether messages go out', async () => {
    stage.health = { blocking: ['Redis is away.'], warnings: [] }
    stage.warnings = ['The gem of somebody else.']
    const page = await text('second')
    expect(page).toContain('Redis is away.')
    expect(page).not.toMatch(/canary-token|RUBYGEMS_API_KEYS|somebody else|backup|DATA_DIR|gems\.example/)
  })

  it.each([
    ['POST', '/setup/verify'],
    ['POST', '/setup/sync'],
    ['GET', '/setup/sync'],
  ])('refuses %s %s', async (method, path) => {
    const answer = method === 'GET' ? await stage.get(path, 'second') : await stage.post(path, {}, 'second')
    expect(answer.status).toBe(403)
  })
})

describe('verifying a header', () => {
  const verify = (fields: Record<string, string>) =>
    stage.post('/setup/verify', { name: 'rails', version: '8.1.3', authorization: '', ...fields })

  it('says which secret made it', async () => {
    const authorization = authorizationFor('rails', '8.1.3', secrets.modernSha256)
    const { status, page } = await verify({ authorization })
    expect(status).toBe(200)
    expect(page.text).toContain(
      'Valid: this Authorization was made with the SHA-256 of RUBYGEMS_API_KEYS[2].',
    )
  })

  it('says for which other version of the ledger it was made', async () => {
    stage.temp.arrive({ name: 'rails', version: '8.1.2' })
    const authorization = authorizationFor('rails', '8.1.2', secrets.legacy)
    const { page } = await verify({ authorization })
    expect(page.text).toContain('Not valid')
    expect(page.text).toContain('8.1.2')
  })

  it.each([
    [{ name: '8.1.3', version: 'rails' }, 'The name of the gem goes before the version.'],
    [{ version: 'new' }, 'The version is no version number of a gem.'],
    [{ name: '<b>' }, 'The name cannot be the name of a gem.'],
  ])('refuses %j', async (fields, reason) => {
    const { status, page } = await verify(fields)
    expect(status).toBe(422)
    expect(page.text).toContain(reason)
  })

  it('shows no header again, since somebody may paste a secret', async () => {
    const { html, page } = await verify({ authorization: secrets.modern })
    expect(page.text).toContain('Not valid')
    expect(html).not.toContain(secrets.modern)
  })
})
