import { Code } from '../parts/code.js'
import { excerptOf } from './excerpt.js'

/** The beginning of what a far side said. `label`: what it answers, for those who cannot see it. */
export function FarAnswer({ response, label }: { response: string; label: string }) {
  const { text, leftOut } = excerptOf(response)
  if (text === '') return <p class="muted">The answer had no text.</p>
  return (
    <>
      <Code text={text} label={label} />
      {leftOut > 0 && (
        <p class="muted">The first 2 KiB; {leftOut.toLocaleString('en')} more bytes are not shown.</p>
      )}
    </>
  )
}
