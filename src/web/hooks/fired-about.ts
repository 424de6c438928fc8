import type { Message } from '../../delivery.js'
import { label } from '../../plain-text.js'

/** What a test message is about, and why: `asked` is the gem that its hook names, or `*`. */
export function firedAbout(asked: string, { gemName, origin }: Pick<Message, 'gemName' | 'origin'>): string {
  const gem = label(gemName, 255)
  const stands = asked === '*' ? ` The hook is on every gem, and ${gem} stands for them.` : ''
  return origin === 'sample'
    ? `A sample: gemherald has not seen a release of ${gem} yet, so it made one up.${stands}`
    : `A real release of ${gem}, told of by hand: nothing has happened to it just now.${stands}`
}
