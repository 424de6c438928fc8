import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const wanted = engines.node
  .match(/(\d+)\.(\d+)/)
  .slice(1)
  .map(Number)
const [major, minor] = process.versions.node.split('.').map(Number)

/** True when this Node.js is too old. Says so in one sentence and sets the exit code to 1. */
export const nodeIsTooOld = major < wanted[0] || (major === wanted[0] && minor < wanted[1])

if (nodeIsTooOld) {
  console.error(
    `gemherald needs Node.js ${wanted.join('.')} or newer; this is ${process.versions.node} (${process.execPath}). ` +
      'Install a newer one from https://nodejs.org and run the command again.',
  )
  process.exitCode = 1
}
