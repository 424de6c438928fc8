interface CodeProps {
  text: string
  /** What it is written in, for the class `language-…`. */
  language?: string
  /** What it is, for those who cannot see it. */
  label?: string
}

/** Text as it is, to the letter. It scrolls by itself, so the keyboard can reach it. */
export function Code({ text, language, label = 'Code' }: CodeProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section class="code" aria-label={label} tabIndex={0}>
      <pre>
        <code class={language === undefined ? undefined : `language-${language}`}>{text}</code>
      </pre>
    </section>
  )
}
