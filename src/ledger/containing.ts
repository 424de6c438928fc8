/** A pattern for `LIKE … ESCAPE '\'` that a text matches which holds this one anywhere, in any case of ASCII letters. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
