import { createHash } from 'node:crypto'
import { rubygemsKey } from './gemherald.js'

/** A webhook about a release, as RubyGems.org would send it: its body, and the Authorization that goes with it. */
export function webhookFor(
  name: string,
  version: string,
  other: Record<string, unknown> = {},
): { body: string; authorization: string } {
  const body = JSON.stringify({
    name,
    version,
    platform: 'ruby',
    yanked: false,
    info: `About ${name}.`,
    ...other,
  })
  const secret = createHash('sha256').update(rubygemsKey).digest('hex')
  const authorization = createHash('sha256')
    .update(name + version + secret)
    .digest('hex')
  return { body, authorization }
}
