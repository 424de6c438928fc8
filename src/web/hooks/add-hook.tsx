import { type Channel, channels } from '../../endpoint.js'
import { Field } from '../parts/field.js'
import { channelWords } from './channel-words.js'

/** What the form holds. `channel` null: chosen by the address. */
export interface HookValues {
  gemName: string
  url: string
  channel: string | null
}

interface AddHookProps {
  values: HookValues
  csrf: string
  /** The variables that email still lacks, or null when it can be sent. */
  missingMail: string | null
}

/** The form that registers a hook. Its hints follow the channel that is chosen, by style alone. */
export function AddHook({ values, csrf, missingMail }: AddHookProps) {
  return (
    <form class="add-hook stack" method="post" action="/hooks">
      <input type="hidden" name="csrf" value={csrf} />
      <div class="add-hook-fields">
        <Field
          label="Gem"
          name="gem"
          value={values.gemName}
          hint="A gem's name, or * for every gem."
          required
        />
        <Field
          label="Address"
          name="url"
          value={values.url}
          hint="Where messages go: https://…, mailto:…, inbox:…"
          required
        />
        <div class="field">
          <label for="field-channel">Channel</label>
          <select id="field-channel" name="channel" aria-describedby="field-channel-hints">
            <option value="" selected={values.channel === null}>
              By the address
            </option>
            {channels.map((channel) => (
              <option key={channel} value={channel} selected={values.channel === channel}>
                {channelWords[channel]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div class="hints" id="field-channel-hints">
        <p class="hint for-any">
          mailto: is email, inbox: is an inbox here, hooks.slack.com is Slack, and any other address gets
          webhooks.
        </p>
        {channels.map((channel) => (
          <p key={channel} class={`hint for-${channel}`}>
            <strong>{channelWords[channel]}:</strong> {hintFor(channel, missingMail)}
          </p>
        ))}
      </div>
      <div>
        <button class="button primary" type="submit">
          Add hook
        </button>
      </div>
    </form>
  )
}

function hintFor(channel: Channel, missingMail: string | null): string {
  if (channel === 'email' && missingMail !== null)
    return `mailto:team@example.com. This server sends no mail yet: set ${missingMail}, and start it again.`
  return hints[channel]
}

const hints: Record<Channel, string> = {
  webhook: 'https://example.com/hook. It gets the JSON that RubyGems.org sends, signed with your API key.',
  slack:
    'the address of an incoming webhook, from Slack or from what takes its messages, such as Mattermost.',
  email: 'mailto:team@example.com, one address.',
  inbox: 'inbox:demo. Messages are kept here, to look at: nothing is sent.',
}
