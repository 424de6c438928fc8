interface UtcFieldProps {
  label: string
  name: string
  /** As `utcFieldText` writes it; empty: none. */
  value: string
}

/** A field for a time in UTC. With the script it shows the reader's own time, and sends UTC all the same. */
export function UtcField({ label, name, value }: UtcFieldProps) {
  const id = `field-${name}`
  return (
    <div class="field">
      <label for={id}>
        {label} <span data-zone>(UTC)</span>
      </label>
      {/* Any step: a range that was asked for to the second must not be refused. */}
      <input id={id} type="datetime-local" name={name} value={value} step="any" data-utc />
    </div>
  )
}
