import { Field } from '../parts/field.js'
import { Notice } from '../parts/notice.js'
import { Panel } from '../parts/panel.js'
import type { Verified } from './verified.js'

/** The form that checks an `Authorization` header, and what it found. */
export function VerifyForm({ verified, csrf }: { verified: Verified | null; csrf: string }) {
  return (
    <Panel id="verify" title="Verify a header">
      <p class="muted">
        A webhook was refused, or looks strange? Paste its Authorization header: this says which secret made
        it, or what is wrong.
      </p>
      {verified !== null && (
        <Notice tone={verified.accepted ? 'good' : 'bad'}>
          {verified.sentences.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </Notice>
      )}
      <form class="line-form" method="post" action="/setup/verify#verify">
        <input type="hidden" name="csrf" value={csrf} />
        <Field label="Gem" name="name" value={verified?.name ?? ''} required />
        <Field
          label="Version"
          name="version"
          value={verified?.number ?? ''}
          hint="As in the body, without platform."
          required
        />
        <Field label="Authorization" name="authorization" hint="The header's value." required />
        <button class="button primary" type="submit">
          Verify
        </button>
      </form>
    </Panel>
  )
}
