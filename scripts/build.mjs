// `npm run build`, and `npm pack` before it packs: compiles src/ and workers/ into dist/, unless that is done already.
import { nodeIsTooOld } from './node-version.mjs'

if (!nodeIsTooOld) build()

async function build() {
  const { prepare } = await import('./prepare.mjs')
  const { exitWith } = await import('./run.mjs')
  await prepare({ dev: false }).catch(exitWith)
}
