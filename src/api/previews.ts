import { z } from 'zod'
import type { Preview } from '../channels/preview.js'
import { ok } from '../error.js'
import { channelField, gemField, textField, wordField } from './fields.js'
import { route } from './route.js'

export const previewSchema = z
  .object({
    webhook: z.object({ headers: z.record(z.string(), z.string()), body: z.string() }),
    slack: z.record(z.string(), z.unknown()).describe('A message in Block Kit.'),
    email: z.object({
      from: z.string(),
      to: z.string(),
      subject: z.string(),
      headers: z.record(z.string(), z.string()),
      text: z.string(),
      html: z.string(),
    }),
  })
  .meta({ id: 'Preview', description: 'What each channel makes of a message.' })

/** A preview as answers have it. */
export function previewJson({ webhook, slack, email }: Preview): z.input<typeof previewSchema> {
  return { webhook, slack: { ...slack }, email }
}

/** What is to be told of the release that is tried out. */
export const kindField = wordField(['pushed', 'yanked']).describe(
  'Without it, whatever is true of the release.',
)

export const showPreview = route({
  method: 'get',
  path: '/api/v1/previews.json',
  operation: 'showPreview',
  summary: "How messages about a gem's newest release look on each channel",
  input: z.object({
    gem_name: gemField,
    kind: kindField.exactOptional(),
    url: textField(2_000).exactOptional().describe('Where it would go.'),
    channel: channelField.exactOptional(),
  }),
  answer: previewSchema,
  refusals: { 404: 'There is no such gem.' },
  async act({ accountId, given: { gem_name: gemName, kind = null, ...other } }, { desk }) {
    const preview = await desk.preview({ accountId, gemName, kind, ...other })
    return preview.ok ? ok(previewJson(preview.value)) : preview
  },
})
