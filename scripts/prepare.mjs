import { build, isBuilt } from './compile.mjs'
import { dependenciesFit, install } from './dependencies.mjs'
import { withLock } from './lock.mjs'

/**
 * Sees to it that the dependencies are installed and dist/ is built from the sources as they are now.
 * Does nothing, in a few milliseconds, when all is in place. With `dev` the development dependencies must be
 * there too; without it they are asked for only when something has to be built.
 */
export async function prepare({ dev }) {
  if (isReady({ dev })) return
  await withLock(async () => {
    if (isReady({ dev })) return // somebody else did it while this process waited
    if (!dependenciesFit({ dev: dev || !isBuilt() })) await install()
    if (!isBuilt()) await build()
  })
}

function isReady({ dev }) {
  return isBuilt() && dependenciesFit({ dev })
}
