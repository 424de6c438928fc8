import { blockFaults } from '../helpers/block-kit.js'
import type { SlackBlock, SlackPost, SlackText } from '../helpers/slack-sink.js'
import type { HostileRelease } from './hostile-payloads.js'
import { hiddenCharacters } from './judge-characters.js'
import { linkFaults } from './judge-links.js'
import { type Markup, readMarkup } from './mrkdwn.js'

/** Every promise about a Slack message that this body breaks, one sentence each. */
export function slackFaults(body: string, release: HostileRelease): string[] {
  const post = JSON.parse(body) as SlackPost
  const texts = textsOf(post.blocks)
  const markup = texts.filter(({ type }) => type === 'mrkdwn').map(({ text }) => text)
  return [
    ...(Object.keys(post).sort().join() === 'blocks,text,unfurl_links,unfurl_media' ? [] : ['other keys']),
    ...(post.unfurl_links === false && post.unfurl_media === false ? [] : ['it unfolds links']),
    // Beyond 4,000 characters Slack advises against, beyond 40,000 it cuts.
    ...(post.text.length >= 1 && post.text.length <= 4000 ? [] : ['the length of the fallback']),
    ...blockFaults(post.blocks),
    ...texts.flatMap(settingFaults),
    ...hiddenCharacters([post.text, ...texts.map(({ text }) => text)].join('\n')),
    ...[post.text, ...markup].flatMap((text) => markupFaults(readMarkup(text), release)),
    ...markup.filter((text) => !/^(?:<[^<>]+>(?: {2}· {2}|$))+$/.test(text)),
    ...(markup.length === 1 ? [] : ['not one line of links']),
  ]
}

function textsOf(blocks: SlackBlock[]): SlackText[] {
  return blocks.flatMap(({ text, elements = [] }) => [...(text ? [text] : []), ...elements])
}

/** In plain text nothing works but entities, and in markup only what we write ourselves. */
function settingFaults({ type, text, emoji, verbatim }: SlackText): string[] {
  if (type === 'mrkdwn') return verbatim === true ? [] : ['markup that is not verbatim']
  if (emoji !== false) return ['plain text with emoji']
  return text.match(/[<>\n]|&(?!(?:amp|lt|gt);)/g) ?? []
}

function markupFaults(markup: Markup, release: HostileRelease): string[] {
  const { links, mentions, autoLinks, formatted, faults } = markup
  return [...linkFaults(links, release), ...mentions, ...autoLinks, ...formatted, ...faults]
}
