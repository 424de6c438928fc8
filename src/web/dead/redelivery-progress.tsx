import type { AskedRedeliveries } from './redeliveries-in.js'

/** How far redelivering many has come. Without JavaScript the page loads itself again as long as it goes on. */
export function RedeliveryProgress({ asked: { found, areSomeLost } }: { asked: AskedRedeliveries }) {
  const total = sum(found.map((one) => one.total))
  const done = sum(found.map((one) => one.done))
  const skipped = sum(found.map((one) => one.skipped))
  const isRunning = found.some(({ state }) => state === 'running')
  const hasFailed = found.some(({ state }) => state === 'failed')
  return (
    <section class="panel stack" aria-label="Redelivery" data-live="redelivery">
      {isRunning && (
        <>
          <p id="redelivery-progress" data-progress="">
            Redelivering: {number(done)} of {number(total)}
          </p>
          <progress max={Math.max(total, 1)} value={done} aria-labelledby="redelivery-progress" />
          <noscript>
            <meta http-equiv="refresh" content="2" />
          </noscript>
        </>
      )}
      {!isRunning && found.length > 0 && <p>{endText(done - skipped, skipped)}</p>}
      {hasFailed && (
        <p>It stopped before its end: the ledger could not be written. The log says why; then ask again.</p>
      )}
      {areSomeLost && (
        <p>This redelivery is not known any more: it ended long ago, or the server was started anew.</p>
      )}
    </section>
  )
}

function endText(redelivered: number, skipped: number): string {
  const sent = redelivered === 1 ? '1 delivery goes' : `${number(redelivered)} deliveries go`
  const rest =
    skipped === 0
      ? ''
      : ` ${number(skipped)} stay dead: their endpoint is disabled, or no hook leads to it any more.`
  return `${sent} out again.${rest}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

function number(value: number): string {
  return value.toLocaleString('en')
}
