import { Field } from '../parts/field.js'

/** The form that has messages sent to an inbox. `name`: of the inbox, or empty. */
export function RegisterInbox({ name, csrf }: { name: string; csrf: string }) {
  return (
    <form class="line-form" method="post" action="/hooks">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="channel" value="inbox" />
      <Field label="Gem" name="gem" value="*" hint="A gem's name, or * for every gem." required />
      <Field
        label="Address"
        name="url"
        value={`inbox:${name}`}
        hint="inbox: and a name of small letters, digits, - and _."
        required
      />
      <button class="button primary" type="submit">
        Add hook
      </button>
    </form>
  )
}
