/** What the API's listing calls `failure_count`: it never goes down. */
export function FailureCount({ count }: { count: number }) {
  if (count === 0) return null
  return (
    <span
      class="muted"
      title="failure_count: messages of this hook that were given up, since it was registered"
    >
      {count} given up in all
    </span>
  )
}
