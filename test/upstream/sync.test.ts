import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyPlan, type SyncParts } from '../../src/upstream/sync.js'
import { faults, type OrgAccount, type OrgFault } from '../helpers/rubygems-org.js'
import { type Stage, setStage } from '../rubygems/stage.js'

const receiverUrl = 'https://gems.example.org/webhooks/rubygems/token'
const earlierUrl = 'https://gems.example.org/webhooks/rubygems/old-token'
const gems = ['rack', 'rails', 'rake', 'thor']

let stage: Stage
let account: OrgAccount

beforeEach(async () => {
  stage = await setStage()
  account = stage.org.addAccount('ada')
  for (const gem of gems) stage.org.push(gem, '1.0')
})
afterEach(() => stage.close())

const apply = (plan: Partial<SyncParts['plan']>, parts: Partial<SyncParts> = {}) =>
  applyPlan({
    plan: { add: [], remove: [], removeEarlier: [], ...plan },
    webHooks: stage.client({ apiKey: account.key }).webHooks,
    receiverUrl,
    ...parts,
  })

const register = (...names: string[]) => {
  for (const name of names)
    account.hooks.push({
      gemName: name === '*' ? null : name,
      url: receiverUrl,
      failureCount: 0,
      disabled: false,
    })
}
const registered = () => account.hooks.map(({ gemName }) => gemName ?? '*').sort()
const writes = () =>
  stage.org.requests.all.map(({ method, query, body }) => {
    const given = new URLSearchParams(method === 'POST' ? String(body) : query)
    return `${method} ${given.get('gem_name')}`
  })

describe('applyPlan', () => {
  it('adds first and removes then, in the upstream’s words', async () => {
    register('rake', 'thor')
    const told: number[][] = []
    const report = await apply(
      { add: ['rack', 'rails'], remove: ['rake'] },
      { report: (...behind) => told.push(behind) },
    )
    expect(report).toEqual({
      done: [
        {
          action: 'add',
          gemName: 'rack',
          url: receiverUrl,
          text: `Successfully created webhook for rack to ${receiverUrl}`,
        },
        {
          action: 'add',
          gemName: 'rails',
          url: receiverUrl,
          text: `Successfully created webhook for rails to ${receiverUrl}`,
        },
        {
          action: 'remove',
          gemName: 'rake',
          url: receiverUrl,
          text: `Successfully removed webhook for rake to ${receiverUrl}`,
        },
      ],
      failed: [],
      left: [],
    })
    expect(writes()).toEqual(['POST rack', 'POST rails', 'DELETE rake'])
    expect(registered()).toEqual(['rack', 'rails', 'thor'])
    expect(told).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ])
  })

  it('is content with what somebody else did meanwhile', async () => {
    register('rack', '*')
    const report = await apply({ add: ['*', 'rack'], remove: ['rake'] })
    expect(report.failed).toEqual([])
    expect(report.done.map(({ text }) => text)).toEqual([
      `["A global hook for ${receiverUrl} has already been registered"]`,
      `["A hook for ${receiverUrl} has already been registered for rack"]`,
      'No such webhook exists under your account.',
    ])
  })

  it('goes on after what concerns one gem only', async () => {
    register('rake')
    const report = await apply({ add: ['nosuch', 'rails'], remove: ['rake'] })
    expect(report.failed).toMatchObject([
      { action: 'add', gemName: 'nosuch', problem: { code: 'not_found' } },
    ])
    expect(report.left).toEqual([])
    expect(registered()).toEqual(['rails'])
  })

  it('goes on after a URL that is refused', async () => {
    register('rake')
    const report = await apply({ add: ['rails'], remove: ['rake'] }, { receiverUrl: 'http://localhost/hook' })
    expect(report.failed).toMatchObject([
      { gemName: 'rails', problem: { code: 'conflict', text: '["Url does not appear to be a valid URL"]' } },
    ])
    expect(report.done).toMatchObject([{ action: 'remove', gemName: 'rake' }])
  })

  const answer = (status: number, body: string): OrgFault => ({
    status,
    headers: { 'Content-Type': 'text/plain' },
    body,
  })
  it.each<[string, OrgFault, string]>([
    ['unauthorized', answer(401, 'Access Denied.'), 'Access Denied.'],
    ['forbidden', answer(403, 'No OTP code.'), 'No OTP code.'],
    ['throttled', faults.throttled(30), 'Retry later\n'],
    ['unavailable', faults.serverError, 'Internal Server Error'],
  ])('stops where the rest would fail as well: %s', async (code, fault, text) => {
    register('thor')
    stage.org.fail(fault)
    const report = await apply({ add: ['rails', 'rake'], remove: ['thor'] })
    expect(report).toMatchObject({
      done: [],
      failed: [{ action: 'add', gemName: 'rails', problem: { code, text } }],
      left: [
        { action: 'add', gemName: 'rake' },
        { action: 'remove', gemName: 'thor' },
      ],
    })
    expect(writes()).toEqual(['POST rails'])
  })

  it('stops when the connection is lost in the middle', async () => {
    register('thor')
    stage.org.fail('drop', { on: /remove/ })
    const report = await apply({ add: ['rails'], remove: ['thor', 'thor'] })
    expect(report).toMatchObject({
      done: [{ action: 'add', gemName: 'rails' }],
      failed: [{ action: 'remove', gemName: 'thor', problem: { code: 'unavailable', status: null } }],
      left: [{ action: 'remove', gemName: 'thor' }],
    })
  })
})

describe('a hook on * and hooks on gems', () => {
  const refused: OrgFault = { status: 409, headers: { 'Content-Type': 'text/plain' }, body: '["Url is odd"]' }

  it.each([
    ['* is not removed', ['*'], { add: ['rails', 'rake'], remove: ['*'] }, ['*', 'rake']],
    ['gems are not removed', ['rails', 'rake'], { add: ['*'], remove: ['rails', 'rake'] }, ['rails', 'rake']],
  ])('%s before what stands in for them is there', async (_, before, plan, after) => {
    register(...before)
    stage.org.fail(refused, { times: 1 })
    const report = await apply(plan)
    expect(report.failed).toHaveLength(1)
    expect(report.left.map(({ gemName }) => gemName)).toEqual(plan.remove)
    expect(registered()).toEqual(after)
  })

  it('* is removed although the upstream does not know a gem', async () => {
    register('*')
    const report = await apply({ add: ['nosuch', 'rails'], remove: ['*'] })
    expect(report).toMatchObject({ failed: [{ gemName: 'nosuch' }], left: [] })
    expect(registered()).toEqual(['rails'])
  })
})

describe('hooks at an earlier URL', () => {
  const removeEarlier = [
    { gemName: 'rails', url: earlierUrl },
    { gemName: 'rake', url: earlierUrl },
  ]
  beforeEach(() => {
    for (const { gemName, url } of removeEarlier)
      account.hooks.push({ gemName, url, failureCount: 0, disabled: false })
  })
  const left = () => account.hooks.map(({ gemName, url }) => `${gemName} ${url}`)

  it('go once the new ones are there', async () => {
    const report = await apply({ add: ['rails'], removeEarlier })
    expect(report).toMatchObject({ failed: [], left: [] })
    expect(report.done.at(-1)).toEqual({
      action: 'remove_earlier',
      gemName: 'rake',
      url: earlierUrl,
      text: `Successfully removed webhook for rake to ${earlierUrl}`,
    })
    expect(writes()).toEqual(['POST rails', 'DELETE rails', 'DELETE rake'])
    expect(left()).toEqual([`rails ${receiverUrl}`])
  })

  it('stay when a new one is refused', async () => {
    stage.org.fail({ status: 409, headers: { 'Content-Type': 'text/plain' }, body: '["Url is odd"]' })
    const report = await apply({ add: ['rails'], removeEarlier })
    expect(report.left).toEqual(removeEarlier.map((hook) => ({ action: 'remove_earlier', ...hook })))
    expect(left()).toEqual([`rails ${earlierUrl}`, `rake ${earlierUrl}`])
  })

  it('go although the upstream does not know a gem, and whoever else removed them', async () => {
    account.hooks.pop()
    const report = await apply({ add: ['nosuch'], removeEarlier })
    expect(report).toMatchObject({ failed: [{ gemName: 'nosuch' }], left: [] })
    expect(left()).toEqual([])
  })
})
