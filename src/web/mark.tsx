/** The mark: a herald's pennant, in the colour of its surroundings. The same as assets/icon.svg. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d="M3 1.5v13" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
      <path d="M4.8 2.4h9.4L11.4 5.7l2.8 3.3H4.8z" fill="currentColor" />
    </svg>
  )
}
