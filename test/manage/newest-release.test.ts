import { describe, expect, it } from 'vitest'
import { newestRelease } from '../../src/manage/newest-release.js'

/** Releases written `number`, `number platform`, with a `!` in front when yanked, in order of first sight. */
function pick(...written: string[]): string | undefined {
  const releases = written.map((text, i) => {
    const [number = '', platform = 'ruby'] = text.replace('!', '').split(' ')
    return { id: i + 1, eventId: i + 1, number, platform, yanked: text.startsWith('!') }
  })
  const newest = newestRelease(releases)
  return newest && written[newest.id - 1]
}

// protocol/rubygems-webhooks.md §5.3
describe('newestRelease', () => {
  it.each<[string, string[], string | undefined]>([
    ['nothing of nothing', [], undefined],
    ['the highest number, not the last one seen', ['1.0', '1.10', '1.9'], '1.10'],
    ['a backport only when it is the highest', ['8.0.1', '7.2.9'], '8.0.1'],
    ['ruby before a higher number on another platform', ['2.0 java', '1.0'], '1.0'],
    ['another platform when ruby has no stable one', ['1.0 java', '2.0.rc1'], '1.0 java'],
    ['the highest of other platforms', ['1.0 java', '1.1 x86_64-linux'], '1.1 x86_64-linux'],
    ['a stable one before a higher prerelease', ['1.0', '2.0.beta1'], '1.0'],
    ['the highest prerelease of a gem with no other', ['1.0.rc1', '1.0.rc2'], '1.0.rc2'],
    ['a live one before a higher yanked one', ['1.0', '!1.1'], '1.0'],
    ['the highest when all are yanked', ['!1.0', '!1.1'], '!1.1'],
    ['a yanked prerelease before a lower live one', ['1.0.rc1', '!1.0.rc2'], '!1.0.rc2'],
    ['the one seen last of equal numbers', ['1.0 java', '1.0 x86_64-linux'], '1.0 x86_64-linux'],
  ])('picks %s', (_what, releases, expected) => {
    expect(pick(...releases)).toBe(expected)
  })
})
