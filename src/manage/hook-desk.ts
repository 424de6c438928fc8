import { type Preview, previewOf } from '../channels/preview.js'
import type { Channel } from '../endpoint.js'
import { type ErrorCode, fail, ok, type Result } from '../error.js'
import { calledGem, gemForAll, gemNotFound, gemToRemove } from './called-gem.js'
import { register } from './create.js'
import { type Fired, fire } from './fire.js'
import { jobToFire, readKind } from './fired-job.js'
import { createGemLookup, type FoundGem } from './gem-lookup.js'
import type { HookCall, ManageParts } from './parts.js'
import { unregister } from './remove.js'

/**
 * Hooks, for the page and the JSON API: with the same gem look-up and the same refusals as the v1 API. `message` of a
 * problem is a sentence for a person.
 */
export interface HookDesk {
  /** Registers a hook. `not_found`: there is no such gem; `conflict`: it is registered already; others: its URL is of no use. */
  create(call: HookCall): Promise<Result<{ channel: Channel }>>
  /** Removes a hook. `not_found`: there is none such, or no such gem. */
  remove(call: HookCall): Promise<Result<null>>
  /** Sends one test message; for all gems: one about the gem of the newest event, if there is any. What the far side said is in the attempt, a refusal too; problems are those before it was asked. */
  fire(call: HookCall & { kind: string | null }): Promise<Result<Fired>>
  /** How such a message would look on each channel; nothing is sent. For all gems: one about the newest event, if there is any. */
  preview(call: PreviewCall): Promise<Result<Preview>>
}

/** What to preview. `url`: where it would go; an email's recipient is taken from it. */
interface PreviewCall {
  accountId: number
  gemName: string
  /** `pushed` or `yanked`; null: what the release is. */
  kind: string | null
  url?: string
  channel?: Channel
}

/** `mailFrom`: the sender of emails, or null. */
export function createHookDesk(parts: ManageParts & { mailFrom: string | null }): HookDesk {
  const { hooks, releases, events } = parts.ledger
  const gems = createGemLookup({ ...parts, releases })

  /** The gem of the newest event that is not in doubt, else the one that the v1 API fires for all gems. */
  const gemToShow = (accountId: number): string => {
    const newest = events.list(accountId, {}, { before: null, limit: newestLooked })
    return newest.find(isCertain)?.gemName ?? gemForAll
  }

  /** The gem that a test message is about; undefined: there is none such. */
  const gemToFire = async (
    asked: string,
    accountId: number,
  ): Promise<{ gemName: string; gem: FoundGem } | undefined> => {
    const gemName = asked === '*' ? gemToShow(accountId) : asked
    const gem = await gems.find(gemName, accountId)
    if (gem !== undefined) return { gemName, gem }
    return asked === '*' ? { gemName, gem: { upstream: null } } : undefined
  }

  return {
    async create(call) {
      if ((await calledGem(gems, call.gemName, call.accountId)) === undefined) return noSuchGem
      const registered = await register(call, parts)
      return 'problems' in registered ? refused(registered.code, registered.problems) : ok(registered)
    },

    async remove(call) {
      if ((await gemToRemove(gems, hooks, call)) === undefined) return noSuchGem
      return unregister(call, parts)
    },

    async fire(call) {
      const found = await gemToFire(call.gemName, call.accountId)
      if (found === undefined) return noSuchGem
      const fired = await fire({ ...call, ...found }, parts)
      return fired.ok ? fired : refused(fired.problem.code, [fired.problem.message])
    },

    async preview({ accountId, gemName: asked, kind: givenKind, url = '', channel = 'webhook' }) {
      const found = await gemToFire(asked, accountId)
      if (found === undefined) return noSuchGem
      const kind = readKind(givenKind)
      if (!kind.ok) return refused(kind.problem.code, [kind.problem.message])
      const toFire = { accountId, ...found, channel, url, kind: kind.value }
      return ok(previewOf(jobToFire(toFire, parts), parts.mailFrom, parts.now()))
    },
  }
}

const newestLooked = 20

function isCertain({ checking, confirmation }: { checking: boolean; confirmation: string | null }): boolean {
  return !checking && confirmation !== 'refuted'
}

const noSuchGem = refused('not_found', [gemNotFound])

function refused(code: ErrorCode, problems: readonly string[]) {
  return fail(code, problems.map((problem) => (problem.endsWith('.') ? problem : `${problem}.`)).join(' '))
}
