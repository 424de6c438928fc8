import type { ComponentChildren } from 'preact'
import { webLink } from '../../channels/links.js'
import type { SlackMessage } from '../../channels/slack-message.js'

type Block = SlackMessage['blocks'][number]

/** A text of Slack's: plain, or in as much of Slack's markup as gemherald writes. */
type SlackWords = Extract<Block, { type: 'section' }>['text']

/** A text as Slack shows it. What is no link of the web stays text. */
export function SlackText({ words }: { words: SlackWords }) {
  return <>{words.type === 'plain_text' ? decode(words.text) : readMarkup(words.text)}</>
}

/** `<https://…|words>` is a link; any other angle brackets would be a mention, and stand as they are. */
function readMarkup(text: string): ComponentChildren[] {
  return text.split(/(<[^<>]*>)/).map((piece) => {
    const [, url = '', words = url] = /^<([^<>|]*)(?:\|([^<>]*))?>$/.exec(piece) ?? []
    const href = webLink(decode(url))
    if (href === null) return decode(piece)
    return (
      <a href={href} rel="noreferrer">
        {decode(words)}
      </a>
    )
  })
}

function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
