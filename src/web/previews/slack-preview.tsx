import type { SlackMessage } from '../../channels/slack-message.js'
import { Code } from '../parts/code.js'
import { Details } from '../parts/details.js'
import { readableJson } from './readable-json.js'
import { SlackText } from './slack-text.js'

type Block = SlackMessage['blocks'][number]

/** A message about as Slack shows it, and the very blocks behind it. */
export function SlackPreview({ message }: { message: SlackMessage }) {
  return (
    <section class="preview panel stack" aria-labelledby="preview-slack">
      <h2 id="preview-slack">Slack</h2>
      <div class="slack">
        <p class="slack-from">
          <strong>gemherald</strong> <span class="slack-app">App</span>
        </p>
        {message.blocks.map((block) => (
          <SlackBlock block={block} />
        ))}
      </div>
      <Details summary="Blocks as JSON">
        <Code text={readableJson(JSON.stringify(message))} language="json" label="Slack message" />
      </Details>
    </section>
  )
}

function SlackBlock({ block }: { block: Block }) {
  switch (block.type) {
    case 'header':
      return (
        <p class="slack-header">
          <SlackText words={block.text} />
        </p>
      )
    case 'section':
      return (
        <p>
          <SlackText words={block.text} />
        </p>
      )
    case 'context':
      return (
        <p class="slack-context">
          {block.elements.map((words) => (
            <span>
              <SlackText words={words} />
            </span>
          ))}
        </p>
      )
  }
}
