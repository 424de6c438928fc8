import type { DeliveryState } from '../../delivery.js'
import { type DeliveryCounts, mostCounted } from '../../ledger/events.js'
import { deliveryStates, deliveryWords } from '../release/delivery-words.js'

const width = 96
const height = 8
const narrowest = 4

/** How the deliveries of something stand: a bar of their shares, and the numbers in words beside it. */
export function DeliveryBar({ counts }: { counts: DeliveryCounts }) {
  const present = deliveryStates.filter((state) => counts[state] > 0)
  if (present.length === 0)
    return (
      <span class="muted" title="No hook of yours led to a delivery.">
        none
      </span>
    )
  return (
    <span class="delivery-bar">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        aria-hidden="true"
        focusable="false"
      >
        {partsOf(counts, present).map(({ state, x, size }) => (
          <rect key={state} class={`bar-${state}`} x={x} y={0} width={size} height={height} />
        ))}
      </svg>{' '}
      <span class="delivery-numbers">
        {present.map((state) => `${countText(counts[state])} ${deliveryWords[state].text}`).join(', ')}
      </span>
    </span>
  )
}

/** A count as it is shown: beyond `mostCounted` nobody counts on. */
export function countText(count: number): string {
  const text = count.toLocaleString('en')
  return count >= mostCounted ? `${text}+` : text
}

/** One dead delivery among a thousand must be seen: no part is narrower than a few units. */
function partsOf(counts: DeliveryCounts, present: readonly DeliveryState[]) {
  const total = present.reduce((sum, state) => sum + counts[state], 0)
  const room = width - narrowest * present.length
  let x = 0
  return present.map((state) => {
    const size = narrowest + Math.round((room * counts[state]) / total)
    const part = { state, x, size: Math.min(size, width - x) }
    x += size
    return part
  })
}
