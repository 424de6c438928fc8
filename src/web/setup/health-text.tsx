import type { TransportHealth } from '../../transport/transport.js'
import { Badge } from '../parts/badge.js'

/** Whether messages go out, and what is wrong where they do not. */
export function HealthText({ health: { blocking, warnings } }: { health: TransportHealth }) {
  if (blocking.length + warnings.length === 0)
    return (
      <p>
        <Badge tone="good">working</Badge> Messages go out.
      </p>
    )
  return (
    <ul class="plain-list">
      {blocking.map((sentence) => (
        <li key={sentence}>
          <Badge tone="bad">stopped</Badge> {sentence}
        </li>
      ))}
      {warnings.map((sentence) => (
        <li key={sentence}>
          <Badge tone="warn">warning</Badge> {sentence}
        </li>
      ))}
    </ul>
  )
}
