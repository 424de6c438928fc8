/** What a person calls a key, `ACCOUNT/LABEL`, or several keys, `ACCOUNT`. */
export interface KeyName {
  account: string
  /** Null: it was not told. */
  label: string | null
}

/** Splits at the first slash: labels of old may have anything in them. */
export function readKeyName(text: string): KeyName {
  const slash = text.indexOf('/')
  if (slash === -1) return { account: text, label: null }
  return { account: text.slice(0, slash), label: text.slice(slash + 1) }
}

/** Whether a new account or label may be called that. What begins with a hyphen could be taken for an option. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)
}
