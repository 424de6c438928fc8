interface FieldProps {
  label: string
  name: string
  value?: string
  /** One sentence below it. */
  hint?: string
  /** As of `<input>`; `text` unless told, and where there is a list. */
  type?: 'text' | 'search' | 'url' | 'password' | 'email' | 'number' | 'date' | 'datetime-local'
  required?: boolean
  /** Values to choose from, or to write something else. */
  list?: readonly string[]
  /** Told apart by this when a page has two fields of one name. */
  id?: string
  autocomplete?: string
}

/** A labelled field of a form. */
export function Field({
  label,
  name,
  value,
  hint,
  type = 'text',
  required = false,
  list,
  id = `field-${name}`,
  autocomplete = 'off',
}: FieldProps) {
  const common = {
    id,
    name,
    value,
    required,
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
    autoComplete: autocomplete,
    autoCapitalize: 'none' as const,
    spellcheck: false,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {list === undefined ? (
        // The types of preact tell each kind of field apart, and this is one of many.
        <input {...common} type={type as 'text'} />
      ) : (
        <input {...common} type="text" list={`${id}-list`} />
      )}
      {list !== undefined && (
        <datalist id={`${id}-list`}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
