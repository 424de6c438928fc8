/** What a hook is on. */
export function GemName({ name }: { name: string }) {
  if (name !== '*') return <span class="mono gem-name">{name}</span>
  return (
    <span class="gem-name">
      <span class="mono">*</span> <span class="muted">every gem</span>
    </span>
  )
}
