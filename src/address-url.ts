import { isIP } from 'node:net'

/** The URL of an address that a server listens on. */
export function addressUrl(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}
