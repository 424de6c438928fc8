/** The id of an endpoint as a form or an address has it; null when it is none. */
export function endpointIdIn(text: unknown): number | null {
  return typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null
}
