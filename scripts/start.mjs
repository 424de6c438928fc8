// `npm start`: prepares what is missing (see prepare.mjs), then serves in this same process, so that signals
// reach the server directly. Everything but node-version.mjs is imported late: an old Node.js could not load it.
import { nodeIsTooOld } from './node-version.mjs'

if (!nodeIsTooOld) start()

async function start() {
  const { prepare } = await import('./prepare.mjs')
  const { exitWith } = await import('./run.mjs')
  await prepare({ dev: false }).catch(exitWith)
  const { main } = await import('../dist/src/cli/main.js')
  await main(['serve', ...process.argv.slice(2)])
}
